/**
 * Records: descriptions in the heap that any thread can read, of functions, code, modules and captured values.
 *
 * ```text
 * bytes  name       values                                          written by
 * 0      serial     the record's number; 0 once it is gone          its maker; who frees it
 * 4      claims     how many threads hold it                        any thread, by add
 * 8      kind       a RecordKind, and LASTING                       its maker, before it is published
 * 12     wordCount  how many words follow                           its maker, before it is published
 * 16     tailBytes  length of the message behind the words          its maker, before it is published
 * 20     words      references to other records, tags, counts       its maker, before it is published
 * …      tail       one message of the wire format                  its maker, before it is published
 * ```
 *
 * - R1: a record is immutable from its publication to its end.
 * - R2: whoever holds a {@link HeapRecord} holds a claim; the last claim frees the block.
 * - R3: a record's parts (the records it refers to) are held by everyone who holds the record.
 * - R4: whoever sends a reference holds the record until the receiver has had time to claim it: the executor holds
 *   what it sent until the call settles, and each table holds its newest records (see {@link RecordStore.create}).
 *
 * - R5: every claim is in the ledger of its thread, so that others can give it up when the thread has ended.
 *
 * A serial is never given twice, so it is what the caches of both sides go by.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { CorruptMessageError } from "../wire/index.ts";
import { Ledger, settleLedger } from "./ledger.ts";

const SERIAL = 0;
const CLAIMS = 4;
const KIND = 8;
const WORD_COUNT = 12;
const TAIL_BYTES = 16;
const WORDS = 20;

/** What a record describes. */
export const RecordKind = {
  CODE: 1,
  FUNCTION: 2,
  BOUND: 3,
  EXPORT: 4,
  NAMED: 5,
  MODULE: 6,
  VALUE: 7,
  SYMBOL: 8,
  VIEW: 9,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** In the kind word: whoever makes the function may keep it for good. */
const LASTING = 0x100;

/** How many new records a thread holds although nothing else of it does any more (R4), and of how many bytes in all. */
const IN_TRANSIT = 1024;
const IN_TRANSIT_BYTES = 1 << 22;

/** A claim on a record. While it is reachable, the record stays in the heap. */
export class HeapRecord {
  readonly address: number;
  readonly serial: number;
  /** The records it refers to. */
  parts: readonly HeapRecord[] = [];
  /** What belongs to it and cannot be in the heap. */
  sideItems: readonly unknown[] = [];

  constructor(address: number, serial: number) {
    this.address = address;
    this.serial = serial;
  }
}

/** A record in the heap, open for reading or being made. */
export interface RecordView {
  readonly kind: RecordKind;
  readonly isLasting: boolean;
  readonly wordCount: number;
  /** The word at an index. */
  word(index: number): number;
  /** Where the tail begins and ends in the heap. */
  readonly tailStart: number;
  readonly tailEnd: number;
}

/** One thread's claims on records. */
export class RecordStore {
  readonly #heap: Heap;
  readonly #releases: FinalizationRegistry<{ address: number; serial: number; entry: number }>;
  readonly #ledger: Ledger;
  /** A ring: the newest before {@link #next}, the oldest at {@link #oldest}. */
  readonly #newest: (HeapRecord | undefined)[] = Array.from({ length: IN_TRANSIT }, () => undefined);
  #next = 0;
  #oldest = 0;
  #newestBytes = 0;

  /** @param onRelease - Told of the serials of records that this thread holds no more. */
  constructor(heap: Heap, onRelease: (serial: number) => void) {
    this.#heap = heap;
    this.#ledger = new Ledger(heap);
    this.#releases = new FinalizationRegistry(({ address, serial, entry }) => {
      onRelease(serial);
      this.#ledger.strike(entry);
      releaseRecord(heap, address);
    });
  }

  /** Where this thread's claims are written down: for {@link settleClaims}, when it has ended. */
  get ledger(): number {
    return this.#ledger.address;
  }

  /** Takes room for a record. Its words and tail must be written before anybody is told of it. */
  create(kind: RecordKind, wordCount: number, tailBytes: number, isLasting = false): HeapRecord {
    const heap = this.#heap;
    const address = heap.allocate(WORDS + 4 * wordCount + tailBytes);
    const serial = heap.nextSerial();
    heap.poke(address + CLAIMS, 1);
    heap.poke(address + KIND, kind | (isLasting ? LASTING : 0));
    heap.poke(address + WORD_COUNT, wordCount);
    heap.poke(address + TAIL_BYTES, tailBytes);
    heap.poke(address + SERIAL, serial | 0);
    const record = new HeapRecord(address, serial >>> 0);
    this.#track(record);
    this.#holdNewest(record);
    return record;
  }

  /**
   * Claims a record that another thread named.
   *
   * @throws `CorruptMessageError` when there is no such record, or not any more.
   */
  claim(address: number, serial: number): HeapRecord {
    const heap = this.#heap;
    if (heap.load(address + SERIAL) >>> 0 !== serial) {
      throw new CorruptMessageError(`the record of a function (${serial}) is gone`);
    }
    heap.add(address + CLAIMS, 1);
    const record = new HeapRecord(address, serial);
    this.#track(record);
    return record;
  }

  /** How many threads hold a record. */
  claims(record: HeapRecord): number {
    return this.#heap.load(record.address + CLAIMS);
  }

  /** Opens a record for reading. */
  view({ address }: HeapRecord): RecordView {
    const heap = this.#heap;
    const kind = heap.peek(address + KIND);
    const wordCount = heap.peek(address + WORD_COUNT);
    const tailStart = address + WORDS + 4 * wordCount;
    return {
      kind: (kind & ~LASTING) as RecordKind,
      isLasting: (kind & LASTING) !== 0,
      wordCount,
      word: (index) => heap.peek(address + WORDS + 4 * index) >>> 0,
      tailStart,
      tailEnd: tailStart + heap.peek(address + TAIL_BYTES),
    };
  }

  /** Writes words of a record that is being made, from `index` on. */
  write({ address }: HeapRecord, index: number, words: readonly number[]): void {
    for (let i = 0; i < words.length; i++) this.#heap.poke(address + WORDS + 4 * (index + i), words[i]! | 0);
  }

  #holdNewest(record: HeapRecord): void {
    this.#newest[this.#next] = record;
    this.#next = (this.#next + 1) % IN_TRANSIT;
    this.#newestBytes += this.#heap.blockSize(record.address);
    while (
      this.#next === this.#oldest ||
      (this.#newestBytes > IN_TRANSIT_BYTES && this.#newest[this.#oldest] !== record)
    ) {
      this.#newestBytes -= this.#heap.blockSize(this.#newest[this.#oldest]!.address);
      this.#newest[this.#oldest] = undefined;
      this.#oldest = (this.#oldest + 1) % IN_TRANSIT;
    }
  }

  #track(record: HeapRecord): void {
    const { address, serial } = record;
    this.#releases.register(record, { address, serial, entry: this.#ledger.enter(address) });
  }
}

function releaseRecord(heap: Heap, address: number): void {
  if (heap.add(address + CLAIMS, -1) !== 1) return;
  heap.store(address + SERIAL, 0);
  heap.free(address);
}

/** Gives up all claims of a thread that has ended, whose ledger was at `ledger`. To be called once. */
export function settleClaims(heap: Heap, ledger: number): void {
  settleLedger(heap, ledger, (record) => releaseRecord(heap, record));
}
