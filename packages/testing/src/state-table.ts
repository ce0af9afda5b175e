/**
 * The states that were explored, and with how many interruptions to spare.
 *
 * @packageDocumentation
 */

const FIRST_CAPACITY = 1024;

/**
 * A hash table of numbers by keys of 64 bits, in two typed arrays. There is no way to take one out.
 *
 * States are known by such a key alone: two of a million are taken for one with a probability below 10⁻⁷.
 */
export class StateTable {
  /** Low half, high half, and so on. */
  #keys = new Int32Array(2 * FIRST_CAPACITY);
  /** One more than the number; 0 where nothing is. */
  #values = new Uint8Array(FIRST_CAPACITY);
  #mask = FIRST_CAPACITY - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Notes a state that is explored with so many to spare (0 to 254). Gives whether it had not been, with as many. */
  improve(low: number, high: number, spare: number): boolean {
    let index = low & this.#mask;
    while (this.#values[index] !== 0) {
      if (this.#keys[2 * index] === low && this.#keys[2 * index + 1] === high) {
        if (this.#values[index]! > spare) return false;
        this.#values[index] = spare + 1;
        return true;
      }
      index = (index + 1) & this.#mask;
    }
    this.#keys[2 * index] = low;
    this.#keys[2 * index + 1] = high;
    this.#values[index] = spare + 1;
    if (++this.#size * 2 > this.#mask) this.#grow();
    return true;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const capacity = 2 * values.length;
    this.#keys = new Int32Array(2 * capacity);
    this.#values = new Uint8Array(capacity);
    this.#mask = capacity - 1;
    this.#size = 0;
    for (let index = 0; index < values.length; index++) {
      if (values[index] !== 0) this.improve(keys[2 * index]!, keys[2 * index + 1]!, values[index]! - 1);
    }
  }
}
