/**
 * Functions on their way to another process: records by value, for those who share no heap.
 *
 * What leaves is the record of a function and all that it refers to, each as it stands in the heap, with the places in it
 * where others are named. On the other side each becomes a record of that heap, and names those there. So a function that
 * came from another process is like one from another thread: it can be sent on, and at home it is the original again.
 *
 * - P1: a record is known by the process that made it first and its number there, wherever it goes.
 * - P2: a record that has arrived is taken from the heap as long as it lives there; after that it is made anew.
 * - P3: what lasts where it is from lasts here as long as something uses it: nobody tells when that process has ended.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { Decoder } from "../wire/codec/index.ts";
import { CorruptMessageError, WireError, type FunctionRecord } from "../wire/index.ts";
import { processOrigin } from "./origin.ts";
import { RecordKind, type HeapRecord, type RecordStore, type RecordView } from "./records.ts";
import { FUNCTION_HEAD_WORDS, PROPERTY_WORDS, SLOT_WORDS, SlotTag } from "./slots.ts";

/** A record by value. */
export interface RecordParcel {
  /** P1. The process that made it, */
  readonly origin: string;
  /** and what it is there. */
  readonly address: number;
  readonly serial: number;
  readonly kind: number;
  readonly isLasting: boolean;
  readonly words: number[];
  readonly tail: Uint8Array;
  /** Pairs: the index of a word, and which parcel is named by it and the next one. */
  readonly wordLinks: number[];
  /** Pairs: the place in the tail, and which parcel is named there. */
  readonly tailLinks: number[];
}

/** Where a record was made that came from another process. */
interface Birth {
  readonly origin: string;
  readonly address: number;
  readonly serial: number;
}

/** An address and a serial. */
const NAME_BYTES = 8;

/** One thread's way of sending records abroad, and of taking them in. */
export class RecordParcels {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  /** P1. By serial. */
  readonly #births = new Map<number, Birth>();
  /** P2. By origin and serial there. */
  readonly #arrived = new Map<string, WeakRef<HeapRecord>>();
  readonly #gone: FinalizationRegistry<{ key: string; serial: number }>;

  constructor(heap: Heap, store: RecordStore) {
    this.#heap = heap;
    this.#store = store;
    this.#gone = new FinalizationRegistry(({ key, serial }) => {
      if (this.#arrived.get(key)?.deref() === undefined) this.#arrived.delete(key);
      this.#births.delete(serial);
    });
  }

  /**
   * Packs records and all that they refer to.
   *
   * @param roots - Records that somebody holds.
   * @param path - What the message is called in errors.
   * @returns The parcels; the first are those of `roots`, in order.
   * @throws `WireError` when one of them holds what only this process has.
   */
  pack(roots: readonly HeapRecord[], path: string): RecordParcel[] {
    return new Packing(this.#heap, this.#store, this.#births, path).pack(roots);
  }

  /**
   * Makes records of parcels.
   *
   * @returns One for each parcel. Hold all until those that are needed have been resolved.
   * @throws `CorruptMessageError` when they are none.
   */
  unpack(parcels: readonly RecordParcel[]): HeapRecord[] {
    const fresh: [RecordParcel, HeapRecord][] = [];
    const records = parcels.map((parcel) => {
      checkParcel(parcel, parcels.length);
      const known = this.#known(parcel);
      if (known !== undefined) return known;
      const { kind, words, tail } = parcel;
      // P3.
      const isLasting = parcel.isLasting && parcel.origin === processOrigin();
      const record = this.#store.create(kind as RecordKind, words.length, tail.length, isLasting);
      fresh.push([parcel, record]);
      return record;
    });
    for (const [parcel, record] of fresh) this.#fill(record, parcel, records);
    for (const [parcel, record] of fresh) this.#remember(parcel, record);
    return records;
  }

  #known({ origin, address, serial }: RecordParcel): HeapRecord | undefined {
    if (origin !== processOrigin()) return this.#arrived.get(`${serial}@${origin}`)?.deref();
    try {
      return this.#store.claim(address, serial);
    } catch (error) {
      // It is home, but was let go of here.
      if (error instanceof CorruptMessageError) return undefined;
      throw error;
    }
  }

  #fill(record: HeapRecord, parcel: RecordParcel, records: readonly HeapRecord[]): void {
    const { wordLinks, tailLinks } = parcel;
    const words = [...parcel.words];
    const tail = Uint8Array.from(parcel.tail);
    const bytes = new DataView(tail.buffer);
    for (let i = 0; i < wordLinks.length; i += 2) {
      const { address, serial } = records[wordLinks[i + 1]!]!;
      words[wordLinks[i]!] = address;
      words[wordLinks[i]! + 1] = serial;
    }
    for (let i = 0; i < tailLinks.length; i += 2) {
      const { address, serial } = records[tailLinks[i + 1]!]!;
      bytes.setInt32(tailLinks[i]!, address, true);
      bytes.setInt32(tailLinks[i]! + 4, serial, true);
    }
    this.#store.write(record, 0, words);
    const { tailStart, tailEnd } = this.#store.view(record);
    this.#heap.bytesTo(tailEnd).set(tail, tailStart);
  }

  #remember({ origin, address, serial }: RecordParcel, record: HeapRecord): void {
    if (origin === processOrigin()) return;
    const key = `${serial}@${origin}`;
    this.#births.set(record.serial, { origin, address, serial });
    this.#arrived.set(key, new WeakRef(record));
    this.#gone.register(record, { key, serial: record.serial });
  }
}

/** Stands for whatever is named in a message, while only the places of the names matter. */
function Unknown(): void {
  // It is never called.
}

/** One message's worth of records. */
class Packing {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #births: ReadonlyMap<number, Birth>;
  readonly #path: string;
  readonly #queue: FunctionRecord[] = [];
  readonly #indices = new Map<number, number>();
  readonly #scanner: Decoder;
  #onRecord: (at: number) => void = () => undefined;

  constructor(heap: Heap, store: RecordStore, births: ReadonlyMap<number, Birth>, path: string) {
    this.#heap = heap;
    this.#store = store;
    this.#births = births;
    this.#path = path;
    this.#scanner = new Decoder({
      publishFunction: () => {
        throw new TypeError("Cannot publish a function while packing");
      },
      onRecord: (at) => this.#onRecord(at),
      resolveFunction: () => Unknown,
      keepHandle: (handle) => {
        throw this.#refusal(`a ${handle.constructor.name}`);
      },
      keepShared: () => {
        throw this.#refusal("shared memory");
      },
    });
  }

  pack(roots: readonly HeapRecord[]): RecordParcel[] {
    for (const root of roots) this.#refuseSideItems(root);
    for (const root of roots) this.#index(root);
    const parcels: RecordParcel[] = [];
    for (let i = 0; i < this.#queue.length; i++) parcels.push(this.#parcel(this.#queue[i]!));
    return parcels;
  }

  #refuseSideItems(root: HeapRecord): void {
    const records = new Set([root]);
    for (const { sideItems, parts } of records) {
      if (sideItems.length > 0) throw this.#refusal("shared memory");
      for (const part of parts) records.add(part);
    }
  }

  #refusal(what: string): WireError {
    return new WireError(
      this.#path,
      `a function in it captures ${what}, which lives in this process, and the message leaves it`,
      "pass the data that it holds as an argument",
    );
  }

  #index(record: FunctionRecord): number {
    let index = this.#indices.get(record.serial);
    if (index === undefined) {
      index = this.#queue.push(record) - 1;
      this.#indices.set(record.serial, index);
    }
    return index;
  }

  #parcel(record: FunctionRecord): RecordParcel {
    const { address, serial } = record;
    const birth = this.#births.get(serial) ?? { origin: processOrigin(), address, serial };
    const view = this.#store.view(record as HeapRecord);
    const { kind, isLasting, tailStart, tailEnd } = view;
    const words = Array.from({ length: view.wordCount }, (_, i) => view.word(i));
    const tail = this.#heap.bytesTo(tailEnd).slice(tailStart, tailEnd);
    return {
      ...birth,
      kind,
      isLasting,
      words,
      tail,
      wordLinks: this.#wordLinks(view),
      tailLinks: this.#tailLinks(tail),
    };
  }

  #wordLinks(view: RecordView): number[] {
    const links: number[] = [];
    const link = (at: number): void => {
      links.push(at, this.#index({ address: view.word(at), serial: view.word(at + 1) }));
    };
    for (const at of namesIn(view)) link(at);
    return links;
  }

  #tailLinks(tail: Uint8Array): number[] {
    if (tail.length === 0) return [];
    const links: number[] = [];
    const places: number[] = [];
    this.#onRecord = (at) => {
      places.push(at);
    };
    this.#scanner.decode(tail, 0, tail.length, []);
    const bytes = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
    for (const at of places) {
      links.push(
        at,
        this.#index({ address: bytes.getUint32(at, true), serial: bytes.getUint32(at + 4, true) }),
      );
    }
    return links;
  }
}

/** The words of a record that name others, each the first of two. */
function* namesIn(view: RecordView): Iterable<number> {
  const { kind } = view;
  if (kind === RecordKind.EXPORT || kind === RecordKind.FUNCTION) yield 0;
  if (kind !== RecordKind.FUNCTION && kind !== RecordKind.BOUND && kind !== RecordKind.VIEW) return;
  const slots = view.word(2);
  for (let i = 0; i < slots; i++) {
    const at = FUNCTION_HEAD_WORDS + SLOT_WORDS * i;
    if (view.word(at) === SlotTag.RECORD) yield at + 1;
  }
  for (let i = 0; i < view.word(3); i++) {
    const at = FUNCTION_HEAD_WORDS + SLOT_WORDS * slots + PROPERTY_WORDS * i + 2;
    if (view.word(at) === SlotTag.RECORD) yield at + 1;
  }
}

const KINDS: ReadonlySet<number> = new Set(Object.values(RecordKind));

function checkParcel(parcel: RecordParcel | null, count: number): void {
  if (typeof parcel !== "object" || parcel === null) throw new CorruptMessageError("it has no function");
  const { origin, address, serial, kind, words, tail, wordLinks, tailLinks } = parcel;
  const isList = (list: unknown): boolean => Array.isArray(list) && list.every(isWord);
  const isWhole =
    typeof origin === "string" &&
    [address, serial].every(isWord) &&
    KINDS.has(kind) &&
    [words, wordLinks, tailLinks].every(isList) &&
    tail instanceof Uint8Array &&
    areWithin(wordLinks, words.length - 1, count) &&
    areWithin(tailLinks, tail.length - NAME_BYTES + 1, count);
  if (!isWhole) throw new CorruptMessageError("what it says of a function cannot be");
}

function isWord(word: unknown): boolean {
  return typeof word === "number" && word >>> 0 === word;
}

function areWithin(links: readonly number[], places: number, count: number): boolean {
  return links.length % 2 === 0 && links.every((at, i) => at < (i % 2 === 0 ? places : count));
}
