/**
 * Words and blocks in memory that this thread sees through a view: what the real heaps have in common.
 *
 * @packageDocumentation
 */
import { Arena } from "./arena.ts";
import type { CompiledWords } from "./compiled-words.ts";
import { HeapFullError, type Pages, type WaitOutcome } from "./heap.ts";
import { ledgerWord, PAGE_BYTES, SERIAL_WORD } from "./layout.ts";
import type { JoinedHeap, Whereabouts } from "./joined-heap.ts";
import { Ledger, settleLedger } from "./ledger.ts";
import { Seats } from "./seats.ts";
import { LARGEST_CLASS_BYTES } from "./size-classes.ts";

/** Growing is slow next to allocating, so it is done by at least this share of what there is. */
const GROWTH_SHARE = 8;

/** A thread that has done so much will do more: then it is worth the millisecond that compiling takes the first time in a process. */
const EXCHANGES_BEFORE_COMPILING = 10_000;

/** What the atomic instructions of a heap are compiled from. */
export interface Compilation {
  compile(): CompiledWords;
  /** Has what was compiled reach as far as the memory does now. */
  catchUp(): void;
}

/**
 * A heap whose memory may grow under a thread: it renews its view when an address lies past it.
 *
 * A subclass takes a lease and sits down before it gives the heap to anybody.
 */
export abstract class ViewedHeap implements JoinedHeap, Pages {
  readonly pageLimit: number;
  /** Who has to do with the heap. */
  readonly seats: Seats;
  #memory: () => ArrayBufferLike;
  #arena!: Arena;
  #identity = 0;
  #ledger: Ledger | undefined;
  #words!: Int32Array;
  #bytes!: Uint8Array;
  /** How many words the views cover. */
  #wordCount = 0;
  readonly #compilation: Compilation | undefined;
  #compiled: CompiledWords | undefined = undefined;
  #exchanges = 0;

  /**
   * @param memory - All that is usable now: it begins as what it was before.
   * @param compilation - Absent: its memory is none of WebAssembly's.
   */
  constructor(memory: () => ArrayBufferLike, pageLimit: number, compilation?: Compilation) {
    this.#memory = memory;
    this.pageLimit = pageLimit;
    this.#compilation = compilation;
    this.renew();
    this.seats = new Seats(this);
  }

  abstract readonly pageCount: number;
  /** Adds pages behind those that there were a moment ago. False if that cannot be, or others have done it meanwhile. */
  abstract tryGrow(from: number, pages: number): boolean;
  abstract hasDied(seat: number): boolean;
  abstract whereabouts(identity: number): Whereabouts | undefined;
  abstract readonly mayHaveLost: boolean;
  abstract readonly core: number;
  abstract leaveCore(): boolean;
  abstract whenSomebodyDies(callback: () => void): void;
  abstract wait(address: number, expected: number, timeoutMs?: number): WaitOutcome;
  abstract waitAsync(
    address: number,
    expected: number,
    timeoutMs?: number,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">>;
  abstract notify(address: number, count?: number): number;

  get identity(): number {
    return this.#identity;
  }

  get seat(): number {
    return this.#arena.index;
  }

  get ledger(): Ledger {
    if (this.#ledger === undefined) {
      this.#ledger = new Ledger(this);
      this.store(ledgerWord(this.seat), this.#ledger.address | 0);
    }
    return this.#ledger;
  }

  /**
   * Leases an arena to this thread.
   *
   * @param token - What its lease is known by: above 0, and held by no other thread.
   */
  lease(token: number): void {
    this.#arena = Arena.lease(this, token);
  }

  /** From now on others know that this thread takes part. */
  sit(nativeId: number): void {
    this.#identity = this.seats.sit(this.seat, nativeId);
  }

  settleSeat(seat: number): void {
    this.seats.vacate(seat);
    const left = this.exchange(ledgerWord(seat), 0) >>> 0;
    if (left !== 0) settleLedger(this, left);
    this.seats.free(seat);
  }

  growTo(pageCount: number): boolean {
    for (let before = this.pageCount; before < pageCount; before = this.pageCount) {
      const missing = pageCount - before;
      const eager = Math.max(missing, Math.floor(before / GROWTH_SHARE));
      if (this.tryGrow(before, Math.min(eager, this.pageLimit - before)) || this.tryGrow(before, missing))
        break;
      // Unless another thread has grown it meanwhile, so that less is missing now.
      if (this.pageCount === before) return false;
    }
    this.renew();
    return true;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  bytesTo(end: number): Uint8Array {
    if (end > this.#bytes.length) this.renew();
    return this.#bytes;
  }

  /** The words as they are now, up to an address at least. */
  wordsTo(address: number): Int32Array {
    if (address >>> 2 >= this.#wordCount) this.renew();
    return this.#words;
  }

  /** Looks at the memory again, as it has grown or was mapped anew. */
  renew(): void {
    const buffer = this.#memory();
    this.#words = new Int32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#wordCount = this.#words.length;
    // It may have grown since: what is compiled must reach further than the view, and never less far.
    if (this.#compiled !== undefined) this.#compilation!.catchUp();
  }

  #countExchange(): void {
    if (++this.#exchanges < EXCHANGES_BEFORE_COMPILING) return;
    try {
      this.#compiled = this.#compilation?.compile();
    } catch {
      // Whoever is about something here must go on: it works as well without, and slower.
    }
  }

  /** From now on every access throws. */
  disconnect(refuse: () => Error): void {
    this.#memory = () => {
      throw refuse();
    };
    this.#words = new Int32Array();
    this.#bytes = new Uint8Array();
    this.#wordCount = 0;
  }

  // Each access finds out for itself whether another thread has grown the memory past the view: a method for that, called in
  // each, would keep V8 from putting them in line where they are used. For the same reason each asks by itself for what is compiled.

  load(address: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.load(address);
    return Atomics.load(this.#words, index);
  }

  store(address: number, value: number): void {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) this.#compiled.store(address, value);
    else Atomics.store(this.#words, index, value);
  }

  add(address: number, value: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.add(address, value);
    return Atomics.add(this.#words, index, value);
  }

  and(address: number, mask: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.and(address, mask);
    return Atomics.and(this.#words, index, mask);
  }

  or(address: number, mask: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.or(address, mask);
    return Atomics.or(this.#words, index, mask);
  }

  exchange(address: number, value: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.exchange(address, value);
    return Atomics.exchange(this.#words, index, value);
  }

  compareExchange(address: number, expected: number, replacement: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    if (this.#compiled !== undefined) return this.#compiled.compareExchange(address, expected, replacement);
    if (this.#exchanges < EXCHANGES_BEFORE_COMPILING) this.#countExchange();
    return Atomics.compareExchange(this.#words, index, expected, replacement);
  }

  pause(): void {
    (Atomics as unknown as { pause(): void }).pause();
  }

  peek(address: number): number {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    return this.#words[index]!;
  }

  poke(address: number, value: number): void {
    const index = address >>> 2;
    if (index >= this.#wordCount) this.renew();
    this.#words[index] = value;
  }

  allocate(sizeBytes: number): number {
    if (sizeBytes >>> 0 !== sizeBytes) this.#refuse(sizeBytes);
    const address = this.#arena.allocate(sizeBytes);
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
    this.#arena.free(address);
  }

  blockSize(address: number): number {
    return this.#arena.blockSize(address);
  }

  nextSerial(): number {
    return this.add(SERIAL_WORD, 1) >>> 0;
  }
}
