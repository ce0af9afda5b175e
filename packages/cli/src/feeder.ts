/**
 * Items from the source, in slices as they are wanted, numbered; what a journal has already is told apart.
 *
 * @packageDocumentation
 */
import { CommandError } from "./errors.ts";
import type { Batch, Source } from "./inputs/source.ts";
import type { Journal, Recorded } from "./journal.ts";

/** Consecutive items. */
export interface Slice {
  readonly first: number;
  readonly items: readonly unknown[];
  /** How often these items were begun and lost their worker. */
  readonly attemptsBefore: number;
  /** What the journal has of exactly these items. They need not run. */
  readonly recorded?: Recorded;
}

/** Batches that are read before they are needed. */
const READ_AHEAD_BATCHES = 2;

/** Hands out slices. Reads on only as far as they are taken. */
export class Feeder {
  readonly #batches: AsyncIterator<Batch>;
  readonly #journal: Journal | undefined;
  readonly #onReady: () => void;
  /** Read and not handed out; of the first batch, `#offset` items are gone. */
  #waiting: Batch[] = [];
  #offset = 0;
  #waitingItems = 0;
  #returned: Slice[] = [];
  #position = 0;
  #reading = false;
  #allRead = false;
  #failure: unknown;
  #bytesRead = 0;

  /** @param onReady - Called when `take` may give more than it did, or the source has ended. */
  constructor(source: Source, journal: Journal | undefined, onReady: () => void) {
    this.#batches = source.batches[Symbol.asyncIterator]();
    this.#journal = journal;
    this.#onReady = onReady;
  }

  /** Why the source ended before its end. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether everything has been handed out. */
  get ended(): boolean {
    return this.#allRead && this.#waitingItems === 0 && this.#returned.length === 0;
  }

  /** The index of the next item that was never handed out. */
  get position(): number {
    return this.#position;
  }

  /** How many items were read; all there are, once `allRead`. */
  get itemsRead(): number {
    return this.#position + this.#waitingItems;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get allRead(): boolean {
    return this.#allRead;
  }

  /** How many items are left to hand out, once all are read. */
  get left(): number {
    return this.#waitingItems;
  }

  /** Whether slices came back. They are older than anything else, so no order can do without them. */
  get hasReturned(): boolean {
    return this.#returned.length > 0;
  }

  /** Takes back a slice. It is handed out again before any other. */
  giveBack(slice: Slice): void {
    this.#returned.push(slice);
  }

  /**
   * Up to `limit` items; `undefined` when none can be had now.
   *
   * @param exactly - Whether fewer will do only at the end of the input, or where the journal has the next.
   */
  take(limit: number, exactly: boolean): Slice | undefined {
    const returned = this.#returned.shift();
    if (returned !== undefined) return this.#partOf(returned, limit);

    try {
      const recorded = this.#journal?.next(this.#position);
      if (recorded !== undefined && recorded.first === this.#position)
        return this.#takeRecorded(recorded.count);
      const wanted = recorded === undefined ? limit : Math.min(limit, recorded.first - this.#position);
      const missing = this.#waitingItems < (exactly ? wanted : 1);
      if (missing || this.#waiting.length < READ_AHEAD_BATCHES) this.#read();
      if (this.#waitingItems === 0 || (missing && !this.#allRead)) return undefined;
      return this.#slice(wanted);
    } catch (error) {
      this.#end(error);
      this.#waiting = [];
      this.#waitingItems = 0;
      return undefined;
    }
  }

  #partOf(slice: Slice, limit: number): Slice {
    if (slice.items.length <= limit) return slice;
    this.#returned.unshift({ ...slice, first: slice.first + limit, items: slice.items.slice(limit) });
    return { ...slice, items: slice.items.slice(0, limit) };
  }

  #takeRecorded(count: number): Slice | undefined {
    if (this.#waitingItems < count) {
      this.#read();
      if (!this.#allRead || this.#failure !== undefined) return undefined;
      throw mismatch(
        `it has item ${this.#position + count - 1}, and the input ends after ${this.itemsRead} items`,
      );
    }
    const place = this.#journal!.next(this.#position)!;
    const recorded = { ...place, lines: this.#journal!.lines(place.first) };
    return { ...this.#slice(count), recorded };
  }

  #slice(limit: number): Slice {
    const first = this.#position;
    let items: readonly unknown[] = [];
    while (items.length < limit && this.#waitingItems > 0) {
      const batch = this.#waiting[0]!.items;
      const piece = batch.slice(this.#offset, this.#offset + limit - items.length);
      items = items.length === 0 ? piece : items.concat(piece);
      this.#offset += piece.length;
      this.#waitingItems -= piece.length;
      if (this.#offset === batch.length) {
        this.#waiting.shift();
        this.#offset = 0;
      }
    }
    this.#position += items.length;
    return { first, items, attemptsBefore: 0 };
  }

  #read(): void {
    if (this.#reading || this.#allRead) return;
    this.#reading = true;
    this.#batches.next().then(
      ({ done, value }) => {
        this.#reading = false;
        if (done === true) this.#allRead = true;
        else this.#add(value);
        this.#onReady();
      },
      (error: unknown) => {
        this.#reading = false;
        this.#end(error);
        this.#onReady();
      },
    );
  }

  #add(batch: Batch): void {
    this.#waiting.push(batch);
    this.#waitingItems += batch.items.length;
    this.#bytesRead += batch.bytes;
  }

  #end(error: unknown): void {
    this.#failure ??= error;
    this.#allRead = true;
  }
}

/** The input is not the one that the journal was written for. */
export function mismatch(problem: string): CommandError {
  return new CommandError(
    "ERR_HEDDLE_JOURNAL",
    `Cannot resume: the journal was written for another input; ${problem}`,
  );
}
