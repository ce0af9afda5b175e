import { Fifo } from "../fifo.ts";
import { comesBefore, type Ranked, RankedHeap } from "../pool/ranked-heap.ts";

/** What waits for its turn: without a priority in the order in which it came, else where its rank puts it. */
export class TaskLine<T extends Ranked> {
  readonly #plain = new Fifo<T>();
  readonly #ranked = new RankedHeap<T>();

  get size(): number {
    return this.#plain.size + this.#ranked.size;
  }

  push(item: T, isRanked: boolean): void {
    if (isRanked) this.#ranked.push(item);
    else this.#plain.push(item);
  }

  shift(): T | undefined {
    const ranked = this.#ranked.peek();
    if (ranked === undefined) return this.#plain.shift();
    const plain = this.#plain.peek();
    return plain !== undefined && comesBefore(plain, ranked) ? this.#plain.shift() : this.#ranked.shift();
  }
}
