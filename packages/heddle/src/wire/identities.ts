/**
 * The objects that a message has met, by number.
 *
 * @packageDocumentation
 */

/** Up to this many objects, looking through all is cheaper than hashing each (8 ns against 30 to 50). */
const LINEAR = 32;

/** Numbers objects in the order in which they are met. */
export class Identities {
  readonly #objects: (object | undefined)[] = new Array<object | undefined>(LINEAR).fill(undefined);
  /** Where each object stands; only when there are more than LINEAR. */
  #index: Map<object, number> | undefined = undefined;
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
    return this.#meetIndexed(object);
  }

  #meetIndexed(object: object): number {
    const index = (this.#index ??= this.#makeIndex());
    const found = index.get(object);
    if (found !== undefined) return found;
    index.set(object, this.count);
    this.#objects.push(object);
    this.count++;
    return -1;
  }

  #makeIndex(): Map<object, number> {
    return new Map(this.#objects.map((object, number) => [object!, number]));
  }

  /** Forgets all but the first `count`. */
  rewind(count: number): void {
    const objects = this.#objects;
    if (this.#index !== undefined) {
      if (count <= LINEAR) this.#index = undefined;
      else for (let i = count; i < this.count; i++) this.#index.delete(objects[i]!);
      objects.length = Math.max(count, LINEAR);
    }
    for (let i = count; i < objects.length && objects[i] !== undefined; i++) objects[i] = undefined;
    this.count = count;
  }
}
