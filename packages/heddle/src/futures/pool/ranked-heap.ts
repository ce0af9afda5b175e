/**
 * A call of one priority lets so many calls of the next lower one end before it that are made after it: then it has aged so far that
 * it comes first. So none waits for ever.
 */
const CALLS_PER_STEP = 100;

/** The rank of a call that is made when so many have ended. */
export function rankOf(ended: number, priority: number): number {
  return ended + priority * CALLS_PER_STEP;
}

/** What has a place in line: by rank, and among those of one rank by age. */
export interface Ranked {
  readonly rank: number;
  /** Grows by one from call to call, modulo 2³². */
  readonly sequence: number;
}

/** Whether `one` comes before `other`. */
export function comesBefore(one: Ranked, other: Ranked): boolean {
  if (one.rank !== other.rank) return one.rank < other.rank;
  return ((one.sequence - other.sequence) | 0) < 0;
}

/** A binary heap: the first in line is at hand, adding and taking cost a step for each doubling of the size. */
export class RankedHeap<T extends Ranked> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  shift(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return first;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && comesBefore(items[child + 1]!, items[child]!)) child++;
      if (!comesBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
