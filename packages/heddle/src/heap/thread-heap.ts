/**
 * The heap that the threads of one process share: one `WebAssembly.Memory`.
 *
 * A shared `WebAssembly.Memory` is the fastest shared memory V8 has (16 ns for an `Atomics.add`, against
 * 66 ns on a growable `SharedArrayBuffer`), it grows in place, and compiled kernels can work on it.
 *
 * @packageDocumentation
 */
import { readlinkSync } from "node:fs";
import { getEnvironmentData, setEnvironmentData, threadId } from "node:worker_threads";
import { Arena } from "./arena.ts";
import { HeapFullError, type Heap, type Pages, type WaitOutcome } from "./heap.ts";
import {
  FRONTIER_WORD,
  LAYOUT_VERSION,
  ledgerWord,
  MAGIC,
  MAGIC_WORD,
  MAX_PAGES,
  PAGE_BYTES,
  SERIAL_WORD,
  VERSION_WORD,
} from "./layout.ts";
import { Ledger, settleLedger } from "./ledger.ts";
import { Seats } from "./seats.ts";
import { LARGEST_CLASS_BYTES } from "./size-classes.ts";

/** The part of `WebAssembly.Memory` that is used here: the library of types for Node does not name it. */
interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Workers find the memory of their process under this name. */
const ENVIRONMENT_KEY = "heddle.heap";

/** Pages at the start: enough for a pool and its tasks. */
const INITIAL_PAGES = 32;

/** Growing is slow next to allocating, so it is done by at least this share of what there is. */
const GROWTH_SHARE = 8;

/** The process may not reserve 4 GiB of addresses everywhere: then less is tried. */
const LIMITS = [MAX_PAGES, MAX_PAGES / 4, MAX_PAGES / 16];

class ThreadHeap implements Heap, Pages {
  readonly #memory: WasmMemory;
  readonly pageLimit: number;
  readonly arena: Arena;
  readonly seats: Seats;
  /** Of this thread, among all that ever used the heap. */
  readonly identity: number;
  #words!: Int32Array<SharedArrayBuffer>;
  #bytes!: Uint8Array<SharedArrayBuffer>;
  /** How many words the views cover. */
  #wordCount = 0;

  constructor(memory: WasmMemory, pageLimit: number) {
    this.#memory = memory;
    this.pageLimit = pageLimit;
    this.#renew();
    this.arena = Arena.lease(this, leaseToken(threadId));
    this.seats = new Seats(this);
    this.identity = this.seats.sit(this.arena.index, nativeThreadId());
  }

  get pageCount(): number {
    return this.#memory.buffer.byteLength / PAGE_BYTES;
  }

  get bytes(): Uint8Array<SharedArrayBuffer> {
    return this.#bytes;
  }

  bytesTo(end: number): Uint8Array<SharedArrayBuffer> {
    if (end > this.#bytes.length) this.#renew();
    return this.#bytes;
  }

  growTo(pageCount: number): boolean {
    for (let before = this.pageCount; before < pageCount; before = this.pageCount) {
      const missing = pageCount - before;
      const eager = Math.max(missing, Math.floor(before / GROWTH_SHARE));
      if (this.#grow(Math.min(eager, this.pageLimit - before)) || this.#grow(missing)) break;
      // Unless another thread has grown it meanwhile, so that less is missing now.
      if (this.pageCount === before) return false;
    }
    this.#renew();
    return true;
  }

  #grow(pages: number): boolean {
    try {
      this.#memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  #renew(): void {
    const buffer = this.#memory.buffer;
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#wordCount = this.#words.length;
  }

  // Each access finds out for itself whether another thread has grown the memory past the view: a method for that, called in
  // each, would keep V8 from putting them in line where they are used.

  load(address: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.load(this.#words, index);
  }

  store(address: number, value: number): void {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    Atomics.store(this.#words, index, value);
  }

  add(address: number, value: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.add(this.#words, index, value);
  }

  and(address: number, mask: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.and(this.#words, index, mask);
  }

  or(address: number, mask: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.or(this.#words, index, mask);
  }

  exchange(address: number, value: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.exchange(this.#words, index, value);
  }

  compareExchange(address: number, expected: number, replacement: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.compareExchange(this.#words, index, expected, replacement);
  }

  wait(address: number, expected: number, timeoutMs?: number): WaitOutcome {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.wait(this.#words, index, expected, timeoutMs);
  }

  waitAsync(
    address: number,
    expected: number,
    timeoutMs?: number,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.waitAsync(this.#words, index, expected, timeoutMs).value;
  }

  notify(address: number, count?: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return Atomics.notify(this.#words, index, count);
  }

  pause(): void {
    (Atomics as unknown as { pause(): void }).pause();
  }

  peek(address: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    return this.#words[index]!;
  }

  poke(address: number, value: number): void {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.#renew();
    this.#words[index] = value;
  }

  allocate(sizeBytes: number): number {
    if (sizeBytes >>> 0 !== sizeBytes) this.#refuse(sizeBytes);
    const address = this.arena.allocate(sizeBytes);
    // Another thread may have grown the heap: then a block of several pages can begin in the view and end beyond.
    this.bytesTo(address + (sizeBytes > LARGEST_CLASS_BYTES ? this.blockSize(address) : sizeBytes));
    return address;
  }

  #refuse(sizeBytes: number): never {
    if (Number.isInteger(sizeBytes) && sizeBytes > 0) {
      throw new HeapFullError(sizeBytes, this.pageLimit * PAGE_BYTES);
    }
    throw new RangeError(`Cannot allocate ${sizeBytes} bytes: a size is a whole number, 0 or more`);
  }

  free(address: number): void {
    this.arena.free(address);
  }

  blockSize(address: number): number {
    return this.arena.blockSize(address);
  }

  nextSerial(): number {
    return this.add(SERIAL_WORD, 1) >>> 0;
  }
}

interface SharedMemory {
  readonly memory: WasmMemory;
  readonly pageLimit: number;
}

/** The operating system's number of this thread; 0 where there is no way to know it. */
function nativeThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1)) || 0;
  } catch {
    return 0;
  }
}

let heap: ThreadHeap | undefined;

/**
 * The heap of this process, as this thread sees it.
 *
 * The first thread that asks makes it; every worker started after that finds the same one. A worker
 * that was started before has a heap of its own, and nothing in the one is known to the other.
 */
export function threadHeap(): Heap {
  return ownHeap();
}

/** This thread among those that use {@link threadHeap}. */
export interface ThreadSeat {
  readonly seats: Seats;
  readonly seat: number;
  readonly identity: number;
}

export function threadSeat(): ThreadSeat {
  const { seats, arena, identity } = ownHeap();
  return { seats, seat: arena.index, identity };
}

/** What the lease of a thread is known by. Thread ids count from 0, and 0 means a free lease. */
export const leaseToken = (threadId: number): number => threadId + 1;

function ownHeap(): ThreadHeap {
  if (heap === undefined) {
    let shared = getEnvironmentData(ENVIRONMENT_KEY) as unknown as SharedMemory | undefined;
    if (shared === undefined) {
      shared = createMemory();
      setEnvironmentData(ENVIRONMENT_KEY, shared);
    }
    heap = join(shared);
  }
  return heap;
}

let ledger: Ledger | undefined;

/** Where this thread writes down what it holds, so that {@link settleThread} can give it up. */
export function threadLedger(): Ledger {
  if (ledger === undefined) {
    const own = ownHeap();
    ledger = new Ledger(own);
    own.store(ledgerWord(own.arena.index), ledger.address | 0);
  }
  return ledger;
}

/**
 * Gives up what an ended worker held, and lets another thread take over the memory that it had for its own. The worker
 * must run no more, and what it left for others must have been read: the claims of its messages end here, too.
 *
 * @param endedThreadId - Its `threadId`, from before it ended. Doing so twice is harmless, and so is a thread that never
 * joined the heap.
 * @param first - Settles what it was about in the heap, by the number of its seat.
 */
export function settleThread(endedThreadId: number, first: (seat: number) => void = () => {}): void {
  const { seats, arena } = ownHeap();
  const seat = seats.claimEnd(leaseToken(endedThreadId), arena.index);
  if (seat < 0) return;
  first(seat);
  settleSeat(seat);
}

/** The rest of that for a seat whose end this thread has claimed. */
export function settleSeat(seat: number): void {
  const own = ownHeap();
  own.seats.vacate(seat);
  const left = own.exchange(ledgerWord(seat), 0) >>> 0;
  if (left !== 0) settleLedger(own, left);
  own.seats.free(seat);
}

function createMemory(): SharedMemory {
  for (const pageLimit of LIMITS) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: pageLimit, shared: true });
      const words = new Int32Array(memory.buffer);
      words[MAGIC_WORD / 4] = MAGIC;
      words[VERSION_WORD / 4] = LAYOUT_VERSION;
      words[FRONTIER_WORD / 4] = 1;
      words[SERIAL_WORD / 4] = 1;
      return { memory, pageLimit };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new HeapFullError(INITIAL_PAGES * PAGE_BYTES, 0);
}

function join(shared: SharedMemory): ThreadHeap {
  const words = new Int32Array(shared.memory.buffer);
  if (words[MAGIC_WORD / 4] !== MAGIC || words[VERSION_WORD / 4] !== LAYOUT_VERSION) {
    throw new Error(
      `Cannot join the shared heap: it has layout version ${words[VERSION_WORD / 4]}, and this copy of heddle ` +
        `knows version ${LAYOUT_VERSION}; use one version of heddle in all threads of a program`,
    );
  }
  return new ThreadHeap(shared.memory, shared.pageLimit);
}
