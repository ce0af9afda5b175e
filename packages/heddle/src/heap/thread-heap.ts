/**
 * The heap that the threads of one process share: one `WebAssembly.Memory`.
 *
 * A shared `WebAssembly.Memory` is the fastest shared memory V8 has (16 ns for an `Atomics.add`, against
 * 66 ns on a growable `SharedArrayBuffer`), it grows in place, and compiled kernels can work on it.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { compileWords, type WasmMemory } from "./compiled-words.ts";
import { HeapFullError, type WaitOutcome } from "./heap.ts";
import {
  FRONTIER_WORD,
  LAYOUT_VERSION,
  leaseWord,
  MAGIC,
  MAGIC_WORD,
  MAX_PAGES,
  PAGE_BYTES,
  SERIAL_WORD,
  VERSION_WORD,
} from "./layout.ts";
import type { JoinedHeap, Whereabouts } from "./joined-heap.ts";
import { seatOf } from "./seats.ts";
import { ViewedHeap } from "./viewed-heap.ts";
import { nativeThreadId, workerThreads } from "./worker-threads.ts";

declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

/** Workers find the memory of their process under this name. */
const ENVIRONMENT_KEY = "heddle.heap";

/** Pages at the start: enough for a pool and its tasks. */
const INITIAL_PAGES = 32;

/** The process may not reserve 4 GiB of addresses everywhere: then less is tried. */
const LIMITS = [MAX_PAGES, MAX_PAGES / 4, MAX_PAGES / 16];

class ThreadHeap extends ViewedHeap {
  /** Node does not tell. */
  readonly core = -1;
  readonly #memory: WasmMemory;

  constructor(memory: WasmMemory, pageLimit: number) {
    super(() => memory.buffer, pageLimit, {
      compile: () => compileWords(memory),
      catchUp: () => void memory.grow(0),
    });
    this.#memory = memory;
    this.lease(leaseToken(workerThreads().threadId));
    this.sit(nativeThreadId());
  }

  get pageCount(): number {
    return this.#memory.buffer.byteLength / PAGE_BYTES;
  }

  tryGrow(_from: number, pages: number): boolean {
    try {
      this.#memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  leaveCore(): boolean {
    return false;
  }

  hasDied(seat: number): boolean {
    const nativeId = this.seats.nativeIdAt(seat);
    return nativeId !== 0 && this.seats.identityAt(seat) !== 0 && !existsSync(`/proc/self/task/${nativeId}`);
  }

  whereabouts(identity: number): Whereabouts | undefined {
    if (!this.seats.isSeated(identity)) return undefined;
    const seat = seatOf(identity);
    const threadId = threadOfLease(this.load(leaseWord(seat)));
    return { processId: process.pid, threadId, nativeId: this.seats.nativeIdAt(seat) };
  }

  /** Their ends are reported by who started them. */
  get mayHaveLost(): boolean {
    return false;
  }

  whenSomebodyDies(): void {}

  wait(address: number, expected: number, timeoutMs?: number): WaitOutcome {
    return Atomics.wait(this.wordsTo(address), address >>> 2, expected, timeoutMs);
  }

  waitAsync(
    address: number,
    expected: number,
    timeoutMs?: number,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    return Atomics.waitAsync(this.wordsTo(address), address >>> 2, expected, timeoutMs).value;
  }

  notify(address: number, count?: number): number {
    return Atomics.notify(this.wordsTo(address), address >>> 2, count);
  }
}

interface SharedMemory {
  readonly memory: WasmMemory;
  readonly pageLimit: number;
}

let heap: ThreadHeap | undefined;

/**
 * The heap of this process, as this thread sees it.
 *
 * The first thread that asks makes it; every worker started after that finds the same one. A worker
 * that was started before has a heap of its own, and nothing in the one is known to the other.
 */
export function threadHeap(): JoinedHeap {
  if (heap === undefined) {
    const { getEnvironmentData, setEnvironmentData } = workerThreads();
    let shared = getEnvironmentData(ENVIRONMENT_KEY) as unknown as SharedMemory | undefined;
    if (shared === undefined) {
      shared = createMemory();
      setEnvironmentData(ENVIRONMENT_KEY, shared);
    }
    heap = join(shared);
  }
  return heap;
}

/** What the lease of a thread is known by. Thread ids count from 0, and 0 means a free lease. */
const leaseToken = (threadId: number): number => threadId + 1;

/** -1 for a lease that nobody has, or whose end is being settled. */
const threadOfLease = (token: number): number => Math.max(token - 1, -1);

/**
 * Gives up what an ended worker held, and lets another thread take over the memory that it had for its own. The worker
 * must run no more, and what it left for others must have been read: the claims of its messages end here, too.
 *
 * @param endedThreadId - Its `threadId`, from before it ended. Doing so twice is harmless, and so is a thread that never
 * joined the heap.
 * @param first - Settles what it was about in the heap, by the number of its seat.
 */
export function settleThread(endedThreadId: number, first: (seat: number) => void = () => {}): void {
  const heap = threadHeap();
  const seat = heap.seats.claimEnd(leaseToken(endedThreadId), heap.seat);
  if (seat < 0) return;
  first(seat);
  heap.settleSeat(seat);
}

function createMemory(): SharedMemory {
  if (typeof WebAssembly === "undefined")
    throw new Error(
      "Cannot share memory between threads: this program has no WebAssembly; run it without --jitless",
    );
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
