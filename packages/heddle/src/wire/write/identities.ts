/**
 * The objects that a message has met, by number.
 *
 * @packageDocumentation
 */

/** Up to this many objects, looking through all is cheaper than a set, which takes 15 ns an object once it exists. */
const LINEAR = 16;

/** Numbers objects in the order in which they are met. */
export class Identities {
  readonly #objects: (object | undefined)[] = new Array<object | undefined>(LINEAR).fill(undefined);
  /** All objects, when there are more than LINEAR. */
  #all: Set<object> | undefined = undefined;
  /** The numbers of the first objects, as many as when one was last met again. */
  #numbers: Map<object, number> | undefined = undefined;
  count = 0;

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

  #meetInSet(object: object): number {
    const all = (this.#all ??= new Set(this.#objects as object[]));
    all.add(object);
    if (all.size === this.count) return this.#numberOf(object);
    this.#objects.push(object);
    this.count++;
    return -1;
  }

  #numberOf(object: object): number {
    const numbers = (this.#numbers ??= new Map());
    const objects = this.#objects;
    for (let i = numbers.size; i < this.count; i++) numbers.set(objects[i]!, i);
    return numbers.get(object)!;
  }

  /** Forgets all but the first `count`. */
  rewind(count: number): void {
    const objects = this.#objects;
    const last = this.count;
    this.count = count;
    if (this.#all !== undefined) this.#rewindSet(this.#all, count, last);
    for (let i = count; i < last && i < LINEAR; i++) objects[i] = undefined;
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
    objects.length = Math.max(count, LINEAR);
  }
}
