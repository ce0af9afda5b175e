/**
 * The heap that algorithms are checked on: words, waits and pages, simulated in one thread.
 *
 * @packageDocumentation
 */
import { atOnce } from "./at-once.ts";
import { blocksIn, FIRST_BLOCK } from "./blocks.ts";
import { Memory, PAGE_COUNT, SERIAL } from "./memory.ts";
import type { StepKind, StepResult } from "./steps.ts";
import type { Gate } from "./thread-tree.ts";

/** How a wait ended: woken, never begun as the word had changed, or out of time. */
export type WaitOutcome = "ok" | "not-equal" | "timed-out";

/** How a thread came to its end. */
export type Ending = "returned" | "killed";

/** How large a model heap is, and what it does with blocks that were given back. */
export interface ModelHeapOptions {
  /** How many pages there are at first. Default 1. */
  readonly pageCount?: number;
  /** How many there may be. Default: as many as at first. With more than 16,384 nothing can be allocated. */
  readonly pageLimit?: number;
  /**
   * Whether `allocate` gives blocks again that were given back. Default true, so that an address may come to mean
   * something else (ABA). Without, blocks are never the same, and there are fewer states.
   */
  readonly reuse?: boolean;
}

/**
 * Words, all 0 at first, and blocks: what Heddle's algorithms know as `Words`, `Pages` and `Heap`.
 *
 * Within a thread of a model every call is a step, and other threads may come in between. Outside of one, that is
 * before the threads begin, after they have ended, and in a test of its own, calls take effect at once.
 */
export class ModelHeap {
  /** How many pages there can ever be. */
  readonly pageLimit: number;
  readonly #memory: Memory;
  readonly #gate: Gate;
  readonly #names: Map<number, string>;

  constructor(options: ModelHeapOptions = {}, parts: ModelHeapParts = modelHeapParts(options.reuse ?? true)) {
    const { pageCount = 1, pageLimit = pageCount } = options;
    // Pages reach to where blocks would be.
    if (pageLimit > FIRST_BLOCK / 65536) parts.memory.hasBlocks = false;
    this.pageLimit = pageLimit;
    this.#memory = parts.memory;
    this.#gate = parts.gate;
    this.#names = parts.names;
    parts.memory.write(PAGE_COUNT, pageCount);
  }

  /** Calls a word by a name in reports. */
  name(address: number, name: string): void {
    this.#names.set(address, name);
  }

  /** Waits until a thread has ended. Threads count from 0. */
  join(thread: number): Ending {
    return this.#perform("join", 0, thread) as Ending;
  }

  /** How many pages there are now. */
  get pageCount(): number {
    return this.#perform("load", PAGE_COUNT) as number;
  }

  /** Makes at least `pageCount` pages usable. Gives whether that worked. */
  growTo(pageCount: number): boolean {
    return this.#perform("grow", PAGE_COUNT, pageCount, this.pageLimit) === 1;
  }

  /** Reads a word. */
  load(address: number): number {
    return this.#perform("load", address >>> 0) as number;
  }

  /** Writes a word. */
  store(address: number, value: number): void {
    this.#perform("store", address >>> 0, value);
  }

  /** Adds to a word, and gives the value from before. */
  add(address: number, value: number): number {
    return this.#perform("add", address >>> 0, value) as number;
  }

  /** Keeps the bits of a word that are in `mask`, and gives the value from before. */
  and(address: number, mask: number): number {
    return this.#perform("and", address >>> 0, mask) as number;
  }

  /** Sets the bits of a word that are in `mask`, and gives the value from before. */
  or(address: number, mask: number): number {
    return this.#perform("or", address >>> 0, mask) as number;
  }

  /** Writes a word, and gives the value from before. */
  exchange(address: number, value: number): number {
    return this.#perform("exchange", address >>> 0, value) as number;
  }

  /** Writes `replacement` if the word holds `expected`; gives the value from before in any case. */
  compareExchange(address: number, expected: number, replacement: number): number {
    return this.#perform("compareExchange", address >>> 0, expected, replacement) as number;
  }

  /** Waits until a `notify`, unless the word differs from `expected`; or until the time may be over. */
  wait(address: number, expected: number, timeoutMs: number = Infinity): WaitOutcome {
    return this.#perform("wait", address >>> 0, expected, timeoutMs) as WaitOutcome;
  }

  /** Waits on the spot, as the threads of a model are plain functions; the promise is a settled one. */
  waitAsync(
    address: number,
    expected: number,
    timeoutMs: number = Infinity,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    const outcome = this.wait(address, expected, timeoutMs);
    return outcome === "not-equal" ? outcome : Promise.resolve(outcome);
  }

  /** Wakes up to `count` waiters, those that came first; gives how many. */
  notify(address: number, count: number = Infinity): number {
    return this.#perform("notify", address >>> 0, count) as number;
  }

  /** Says that this thread spins, so that turns which see nothing new are left out. */
  pause(): void {
    this.#perform("pause", 0);
  }

  /** Reads a word as by a plain access: a data race if another thread writes it meanwhile. */
  peek(address: number): number {
    return this.#perform("peek", address >>> 0) as number;
  }

  /** Writes a word as by a plain access: a data race if another thread touches it meanwhile. */
  poke(address: number, value: number): void {
    this.#perform("poke", address >>> 0, value);
  }

  /**
   * Takes a block of at least `sizeBytes`. Its words must be written before they are read.
   *
   * Blocks lie apart from each other and from the pages. Accesses beyond them or to those that were given back are
   * reported, also those that only might come after.
   */
  allocate(sizeBytes: number): number {
    if (!Number.isInteger(sizeBytes) || sizeBytes < 0) {
      throw new RangeError(`Cannot allocate ${sizeBytes} bytes: the size is no whole number from 0 on`);
    }
    return this.#perform("allocate", 0, sizeBytes) as number;
  }

  /** Gives a block back. A `notify` on one of its words may come later: it touches no word. */
  free(address: number): void {
    this.#perform("free", address >>> 0);
  }

  /** How many bytes of a block are usable: at least what was asked for. */
  blockSize(address: number): number {
    return this.#perform("blockSize", address >>> 0) as number;
  }

  /** A number that no other call gives. */
  nextSerial(): number {
    return (this.#perform("add", SERIAL, 1) as number) >>> 0;
  }

  /** The blocks that are in use, by address. To be asked outside the threads, as for leaks at the end. */
  blocks(): number[] {
    return blocksIn(this.#memory);
  }

  /** Not to be had: what is read and written by bytes is no step that could be seen. Throws. */
  get bytes(): Uint8Array<SharedArrayBuffer> {
    return this.bytesTo(0);
  }

  /** Not to be had either. Throws. */
  bytesTo(_end: number): Uint8Array<SharedArrayBuffer> {
    throw new Error(
      "Cannot give the bytes of a model heap: accesses to them cannot be followed; write words, by poke and peek",
    );
  }

  #perform(kind: StepKind, address: number, first: number = 0, second: number = 0): StepResult {
    return this.#gate.perform(kind, address, first, second);
  }
}

/** What a heap consists of, for whoever runs threads on it. */
export interface ModelHeapParts {
  readonly memory: Memory;
  readonly gate: Gate;
  readonly names: Map<number, string>;
  /** The numbers of the SharedArrayBuffers that stand on it, by address. */
  readonly buffers: Map<number, number>;
}

export function modelHeapParts(reuse: boolean): ModelHeapParts {
  const memory = new Memory();
  const gate: Gate = {
    nowMs: 0,
    perform: (kind, address, first, second) => atOnce(memory, { kind, address, first, second }, reuse),
  };
  return { memory, gate, names: new Map(), buffers: new Map() };
}
