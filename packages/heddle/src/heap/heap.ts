/**
 * The interface to shared bytes. Every algorithm of the toolkit is written against it, once, and so
 * serves threads (a shared `WebAssembly.Memory`), processes (a mapped file) and the model checker.
 *
 * @packageDocumentation
 */
import { helpOn } from "./help.ts";

/**
 * Shared 32-bit words, and waiting on them.
 *
 * Addresses are byte offsets, multiples of 4, below 2³². Atomic accesses are sequentially consistent.
 */
export interface Words {
  /** Reads a word. */
  load(address: number): number;
  /** Writes a word. */
  store(address: number, value: number): void;
  /** Adds to a word, and gives the value from before. */
  add(address: number, value: number): number;
  /** Keeps the bits that are in `mask`, and gives the value from before. */
  and(address: number, mask: number): number;
  /** Sets the bits that are in `mask`, and gives the value from before. */
  or(address: number, mask: number): number;
  /** Writes a word, and gives the value from before. */
  exchange(address: number, value: number): number;
  /** Writes `replacement` if the word holds `expected`; gives the value from before in any case. */
  compareExchange(address: number, expected: number, replacement: number): number;
  /** Blocks this thread until a `notify`, unless the word differs from `expected`. */
  wait(address: number, expected: number, timeoutMs?: number): WaitOutcome;
  /** As `wait`, without blocking. A pending wait does not keep the program alive. */
  waitAsync(
    address: number,
    expected: number,
    timeoutMs?: number,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">>;
  /** Wakes up to `count` waiters (all, if absent), and gives how many. */
  notify(address: number, count?: number): number;
  /** Tells the processor that this thread spins. */
  pause(): void;
  /** A plain read of a word that no other thread writes meanwhile; or of one where it does no harm to read what it held a moment ago. */
  peek(address: number): number;
  /** A plain write of a word that no other thread touches meanwhile; or of one that is handed over by an atomic access after it. */
  poke(address: number, value: number): void;
}

/** How a wait ended: woken, never begun as the word had changed, or out of time. */
export type WaitOutcome = "ok" | "not-equal" | "timed-out";

/** Pages of words that can grow. What the allocator stands on. */
export interface Pages extends Words {
  /** How many pages there are now. */
  readonly pageCount: number;
  /** How many there can ever be. */
  readonly pageLimit: number;
  /** Makes at least `pageCount` pages usable. Gives whether that worked. */
  growTo(pageCount: number): boolean;
}

/**
 * Shared bytes with words, waits and allocation.
 *
 * Block addresses are multiples of 16; 0 is no address.
 */
export interface Heap extends Words {
  /**
   * All bytes that this thread has had to do with, whole. Ask again after an allocation: the heap may have grown.
   * Older views stay valid for what they cover.
   */
  readonly bytes: Uint8Array;
  /** All bytes, as `bytes`, but certain to reach `end`: for what another thread allocated. */
  bytesTo(end: number): Uint8Array;
  /**
   * Takes a block of at least `sizeBytes`. Its content is unspecified.
   *
   * @throws `HeapFullError` when the heap cannot grow that far. Nothing was taken.
   * @throws `RangeError` when `sizeBytes` is no whole number, or below 0.
   */
  allocate(sizeBytes: number): number;
  /** Gives a block back, from any thread. Giving one back twice is a bug that nothing detects. */
  free(address: number): void;
  /** How many bytes of the block are usable: at least what was asked for. */
  blockSize(address: number): number;
  /** A number that no other call, in any thread, has given or will give (until 2³² of them). */
  nextSerial(): number;
}

/** The heap has no room for a block, and may not grow further. Nothing was taken or changed. */
export class HeapFullError extends Error {
  override readonly name = "HeapFullError";
  readonly code = "ERR_HEDDLE_HEAP_FULL";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** How many bytes were asked for. */
  readonly sizeBytes: number;
  /** How many bytes the heap may hold at most. */
  readonly limitBytes: number;

  constructor(sizeBytes: number, limitBytes: number) {
    super(
      `Cannot allocate ${sizeBytes} bytes: the shared heap has reached its limit of ${limitBytes} bytes or ` +
        `the memory of the machine; send less at a time, or free what is held`,
    );
    this.sizeBytes = sizeBytes;
    this.limitBytes = limitBytes;
  }
}
