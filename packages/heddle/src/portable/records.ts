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
 * 20     arrived    1 once another thread has made something of it     any thread
 * 24     words      references to other records, tags, counts       its maker, before it is published
 * …      tail       one message of the wire format                  its maker, before it is published
 * ```
 *
 * - R1: a record is immutable from its publication to its end.
 * - R2: whoever holds a {@link HeapRecord} holds a claim; the last claim frees the block.
 * - R3: a record's parts (the records it refers to), and the handles in it, are held by every thread that holds the
 *   record. A message that holds records holds their parts and handles as well ({@link addClaims}).
 * - R4: whoever sends a reference holds the record until the receiver has had time to claim it: each thread holds what
 *   it published until it has arrived somewhere, and the executor holds what it sent until the call settles.
 * - R5: every claim of a thread is in its ledger, so that others can give it up when the thread has ended.
 *
 * A serial is never given twice, so it is what the caches of both sides go by.
 *
 * @packageDocumentation
 */
import { claimOn, CLAIMS, HeldKind, releaseBy, type Heap, type Ledger } from "#heap";
import { CorruptMessageError } from "../wire/index.ts";
import { Queue } from "./queue.ts";

const SERIAL = 0;
const KIND = 8;
const WORD_COUNT = 12;
const TAIL_BYTES = 16;
const ARRIVED = 20;
const WORDS = 24;

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

/** What nobody has taken after this time, nobody will: its call was cancelled, or its reader is gone (R4). */
const PATIENCE_MS = 60_000;

/** The handle of a shared object, and where the object is. */
export interface KeptHandle {
  readonly handle: object;
  readonly address: number;
}

/** A claim on a record. While it is reachable, the record stays in the heap. */
export class HeapRecord {
  readonly address: number;
  readonly serial: number;
  /** The records it refers to. */
  parts: HeapRecord[] = [];
  /** The shared objects it refers to. */
  handles: KeptHandle[] = [];
  /** What belongs to it and cannot be in the heap. */
  sideItems: readonly unknown[] = [];
  /** Where it describes a closure: the record of what is the same in all closures of one place. */
  code: HeapRecord | undefined = undefined;

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
  readonly #releases: FinalizationRegistry<{ serial: number; entry: number }>;
  readonly #ledger: Ledger;
  /** The one claim that this thread has on each record, as long as anything here refers to it. */
  readonly #known = new Map<number, WeakRef<HeapRecord>>();
  /** Published, oldest first, and perhaps still on the way. */
  readonly #inTransit = new Queue<{ record: HeapRecord; since: number }>();

  /** @param onRelease - Told of the serials of records that this thread holds no more. */
  constructor(heap: Heap, ledger: Ledger, onRelease: (serial: number) => void) {
    this.#heap = heap;
    this.#ledger = ledger;
    this.#releases = new FinalizationRegistry(({ serial, entry }) => {
      if (this.#known.get(serial)?.deref() === undefined) {
        this.#known.delete(serial);
        onRelease(serial);
      }
      ledger.giveUp(entry);
    });
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
    heap.poke(address + ARRIVED, 0);
    heap.poke(address + SERIAL, serial | 0);
    return this.#track(new HeapRecord(address, serial >>> 0), this.#ledger.note(claimOf(address)));
  }

  /**
   * Claims a record that another thread named; gives the claim that this one has, if there is one.
   *
   * @throws `CorruptMessageError` when there is no such record, or not any more.
   */
  claim(address: number, serial: number): HeapRecord {
    const known = this.#known.get(serial)?.deref();
    if (known !== undefined) return known;
    const heap = this.#heap;
    if (heap.load(address + SERIAL) >>> 0 !== serial) {
      throw new CorruptMessageError(`the record of a function (${serial}) is gone`);
    }
    return this.#track(new HeapRecord(address, serial), this.#ledger.take(claimOf(address)));
  }

  /**
   * Holds a record that is to be sent until another thread has made something of it, and so claimed its parts.
   *
   * Each call looks at two that are held already, so those that have arrived do not pile up behind one that never will.
   */
  holdInTransit(record: HeapRecord): void {
    const queue = this.#inTransit;
    const now = performance.now();
    for (let looks = 0; looks < 2; looks++) {
      const held = queue.shift();
      if (held === undefined) break;
      const isOnTheWay = this.#heap.load(held.record.address + ARRIVED) === 0;
      if (isOnTheWay && now - held.since < PATIENCE_MS) queue.push(held);
    }
    queue.push({ record, since: now });
  }

  /** Notes that this thread has made something of a record. */
  arrived(address: number): void {
    this.#heap.store(address + ARRIVED, 1);
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

  #track(record: HeapRecord, entry: number): HeapRecord {
    this.#known.set(record.serial, new WeakRef(record));
    this.#releases.register(record, { serial: record.serial, entry });
    return record;
  }
}

/** Adds the claims of a message that holds a record: on the record, on what it refers to, and so on. */
export function addClaims(root: HeapRecord, claims: Set<number>): void {
  const records = [root];
  for (const { address, handles, parts } of records) {
    const claim = claimOf(address);
    if (claims.has(claim)) continue;
    claims.add(claim);
    for (const held of handles) claims.add(claimOn(HeldKind.OBJECT, held.address));
    records.push(...parts);
  }
}

/** The claim on a record. */
function claimOf(address: number): number {
  return claimOn(HeldKind.RECORD, address);
}

releaseBy(HeldKind.RECORD, (heap, address) => {
  if (heap.add(address + CLAIMS, -1) !== 1) return;
  heap.store(address + SERIAL, 0);
  heap.free(address);
});
