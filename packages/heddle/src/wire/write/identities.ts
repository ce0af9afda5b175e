/**
 * The objects that a message has met, by number.
 *
 * @packageDocumentation
 */
import { Alike } from "./alike.ts";
import { KeysChanged } from "./shapes.ts";

/** Up to this many objects, looking through all is cheaper than a set, which takes 15 ns an object once it exists. */
const LINEAR = 16;

/** So many objects at a time need not be told apart one by one. */
export const MANY: number = LINEAR;

/** Numbers objects in the order in which they are met. */
export class Identities {
  readonly #objects: (object | undefined)[] = new Array<object | undefined>(LINEAR).fill(undefined);
  /** All objects, when there are more than LINEAR. */
  #all: Set<object> | undefined = undefined;
  /** The numbers of the first objects, as many as when one was last met again. */
  #numbers: Map<object, number> | undefined = undefined;
  count = 0;
  /** Those that were met last, all at once, and are in none of the above yet; and the number of the first. */
  #batch: readonly object[] | undefined = undefined;
  #batchFrom = 0;
  #alike: Alike | undefined = undefined;

  /** Gives the number of an object that was met before; else gives it the next number, and returns -1. */
  meet(object: object): number {
    const { count } = this;
    if (count < LINEAR) {
      const objects = this.#objects;
      for (let i = 0; i < count; i++) if (objects[i] === object) return i;
      objects[count] = object;
      this.count = count + 1;
      return -1;
    }
    return this.#meetInSet(object);
  }

  /** Gives an object the next number, unless it was met before. */
  meetNew(object: object): boolean {
    const { count } = this;
    if (count >= LINEAR) return this.#meetInSet(object) < 0;
    const objects = this.#objects;
    for (let i = 0; i < count; i++) if (objects[i] === object) return false;
    objects[count] = object;
    this.count = count + 1;
    return true;
  }

  /** Whether {@link meetAll} can be told of objects now: not many have been met. */
  get areFew(): boolean {
    return this.count < LINEAR;
  }

  /** Whether an object was met, while they {@link areFew}. */
  isAmongFew(object: object): boolean {
    const { count } = this;
    const objects = this.#objects;
    for (let i = 0; i < count; i++) if (objects[i] === object) return true;
    return false;
  }

  /** To tell them apart by, before they are told of. */
  get alike(): Alike {
    return (this.#alike ??= new Alike());
  }

  /** Gives {@link MANY} objects or more the next numbers, while they {@link areFew}. None of them was met, or is there twice. */
  meetAll(objects: readonly object[]): void {
    this.#batch = objects;
    this.#batchFrom = this.count;
    this.count += objects.length;
  }

  #takeBatch(): void {
    const batch = this.#batch!;
    this.#batch = undefined;
    const objects = this.#objects;
    let number = this.#batchFrom;
    for (const object of batch) {
      if (number < LINEAR) objects[number++] = object;
      else objects.push(object);
    }
  }

  #meetInSet(object: object): number {
    if (this.#batch !== undefined) this.#takeBatch();
    const all = (this.#all ??= this.#makeSet());
    all.add(object);
    if (all.size === this.count) return this.#numberOf(object);
    this.#objects.push(object);
    this.count++;
    return -1;
  }

  #makeSet(): Set<object> {
    const all = new Set(this.#objects as object[]);
    // A getter changed one between the two times that it came, and so it was not known again.
    if (all.size !== this.count) throw new KeysChanged();
    return all;
  }

  #numberOf(object: object): number {
    const numbers = (this.#numbers ??= new Map());
    const objects = this.#objects;
    for (let i = numbers.size; i < this.count; i++) numbers.set(objects[i]!, i);
    return numbers.get(object)!;
  }

  /** Forgets all but the first `count`. */
  rewind(count: number): void {
    if (this.#batch !== undefined) {
      if (count > this.#batchFrom) this.#takeBatch();
      else {
        this.#batch = undefined;
        this.count = this.#batchFrom;
      }
    }
    if (count === 0) this.#alike?.end();
    const objects = this.#objects;
    const last = this.count;
    this.count = count;
    if (this.#all !== undefined) this.#rewindSet(this.#all, count, last);
    for (let i = count; i < last && i < LINEAR; i++) objects[i] = undefined;
    if (objects.length > LINEAR) objects.length = Math.max(count, LINEAR);
  }

  #rewindSet(all: Set<object>, count: number, last: number): void {
    const objects = this.#objects;
    if (count <= LINEAR) {
      this.#all = undefined;
      this.#numbers = undefined;
    } else {
      for (let i = count; i < last; i++) {
        all.delete(objects[i]!);
        this.#numbers?.delete(objects[i]!);
      }
    }
  }
}
