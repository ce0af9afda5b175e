/**
 * What stands in one cell of a queue: a small value itself, or the address of one that is stored in the heap.
 *
 * ```text
 * word 0, bits 0-7   tag     what it is; WIDE if words 2 and 3 mean something
 *         bits 8-15  length  of a short string
 * word 1             an integer; the address of a stored value; the first four characters of a short string
 * words 2, 3         a number, or a bigint of 64 bits; the rest of a short string
 * ```
 *
 * - C1: whoever has the words of a cell alone has the stored value in it, for {@link CellCoder.take} or `drop`, once (S1 of
 *   stored values).
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type StoredValues, storedValuesIn } from "../../sync/index.ts";
import { endMove, undoMove } from "../../wire/index.ts";
import { type CellWords, WIDE } from "./cell-words.ts";

const UNDEFINED = 0;
const NULL = 1;
const FALSE = 2;
const TRUE = 3;
const INTEGER = 4;
const STORED = 5;
const NUMBER: number = 6 | WIDE;
const BIGINT: number = 7 | WIDE;
const STRING: number = 8 | WIDE;

const TAG_MASK = 0xff;
const LENGTH_SHIFT = 8;

/** A string of so many characters, all below U+0100, stands in the cell. */
const SHORT_STRING_MAX = 12;

const doubles = new Float64Array(1);
const bigints = new BigInt64Array(doubles.buffer);
const halves = new Int32Array(doubles.buffer);

/** Writes values into the words of a cell, and reads them from there. */
export class CellCoder implements CellWords {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  /** Buffers that the value in the words was to move, and has copied: they go when it has gone, and stay if it does not. */
  #moving: readonly ArrayBuffer[] | undefined = undefined;
  /** Where a value is stored that does not fit. */
  readonly heap: Heap;
  #stored: StoredValues | undefined;

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** Whether the words lead to a value that is stored in the heap. */
  get isStored(): boolean {
    return (this.w0 & TAG_MASK) === STORED;
  }

  /**
   * Writes a value into the words. What does not fit is stored in the heap.
   *
   * @param path - What the value is called in errors, such as "item".
   * @throws What storing throws. The words mean nothing then, and nothing was stored or moved.
   */
  write(value: unknown, path: string): void {
    if (typeof value === "number") this.#writeNumber(value);
    else if (typeof value === "string") this.#writeString(value, path);
    else if (value === undefined) this.w0 = UNDEFINED;
    else if (value === null) this.w0 = NULL;
    else if (typeof value === "boolean") this.w0 = value ? TRUE : FALSE;
    else if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) {
      bigints[0] = value;
      this.#writeHalves(BIGINT);
    } else this.#store(value, path);
  }

  /**
   * The value of the words, which mean nothing any more.
   *
   * @throws `NotLoadedError` when a module has to be imported first; see {@link takeAsync}. What else it throws says that
   * the value cannot be had in this thread. The words mean what they did, in either case.
   */
  take(): unknown {
    switch (this.w0 & TAG_MASK) {
      case INTEGER:
        return this.w1;
      case NUMBER:
        this.#readHalves();
        return doubles[0];
      case STRING:
        return this.#readString();
      case STORED:
        return this.#values.take(this.w1 >>> 0);
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case BIGINT:
        this.#readHalves();
        return bigints[0];
      default:
        return undefined;
    }
  }

  /** As `take`, in a thread that blocks: modules are loaded on the spot. */
  takeSync(): unknown {
    return this.isStored ? this.#values.takeSync(this.w1 >>> 0) : this.take();
  }

  /**
   * As `take`, for a stored value, after the modules that it needs have been imported. The words may be used meanwhile. A
   * value that cannot be had in this thread is dropped.
   */
  async takeAsync(): Promise<unknown> {
    const address = this.w1 >>> 0;
    try {
      return await this.#values.takeAsync(address);
    } catch (error) {
      this.#values.drop(address);
      throw error;
    }
  }

  /** Frees the value of the words, which nobody will take. What it was to move is marked to be moved again. */
  drop(): void {
    if (!this.isStored) return;
    this.#values.drop(this.w1 >>> 0);
    const moving = this.takeMoving();
    if (moving !== undefined) undoMove(moving);
  }

  /** The value of the words has gone over: so does what it was to move. */
  sent(): void {
    if (!this.isStored) return;
    const moving = this.takeMoving();
    if (moving !== undefined) endMove(moving);
  }

  /** The value of other words is to be in these. */
  takeFrom(other: CellCoder): void {
    this.w0 = other.w0;
    this.w1 = other.w1;
    this.w2 = other.w2;
    this.w3 = other.w3;
    this.#moving = other.takeMoving();
  }

  /** What the value of the words is to move, for whoever sees to the value from now on. */
  takeMoving(): readonly ArrayBuffer[] | undefined {
    const moving = this.#moving;
    if (moving !== undefined) this.#moving = undefined;
    return moving;
  }

  get #values(): StoredValues {
    return (this.#stored ??= storedValuesIn(this.heap));
  }

  #store(value: unknown, path: string): void {
    // Storing may run a getter of the value, which may use this cell.
    const values = this.#values;
    const address = values.storeForNow(value, path);
    this.#moving = values.moving;
    this.w0 = STORED;
    this.w1 = address | 0;
  }

  #writeNumber(value: number): void {
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      this.w0 = INTEGER;
      this.w1 = value;
    } else {
      doubles[0] = value;
      this.#writeHalves(NUMBER);
    }
  }

  #writeString(value: string, path: string): void {
    const { length } = value;
    if (length > SHORT_STRING_MAX) return this.#store(value, path);
    let [w1, w2, w3] = [0, 0, 0];
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0xff) return this.#store(value, path);
      const bits = code << (8 * (i & 3));
      if (i < 4) w1 |= bits;
      else if (i < 8) w2 |= bits;
      else w3 |= bits;
    }
    this.w0 = STRING | (length << LENGTH_SHIFT);
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }

  #readString(): string {
    const length = this.w0 >>> LENGTH_SHIFT;
    let text = "";
    for (let i = 0; i < length; i++) {
      const word = i < 4 ? this.w1 : i < 8 ? this.w2 : this.w3;
      text += String.fromCharCode((word >>> (8 * (i & 3))) & 0xff);
    }
    return text;
  }

  #writeHalves(tag: number): void {
    this.w0 = tag;
    this.w2 = halves[0]!;
    this.w3 = halves[1]!;
  }

  #readHalves(): void {
    halves[0] = this.w2;
    halves[1] = this.w3;
  }
}
