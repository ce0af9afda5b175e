/**
 * Random numbers that every run, round and language draws alike.
 *
 * Source: mulberry32 (T. Ettinger, public domain): 32 bits of state, the same in 20 lines of Python.
 */

/** A generator of uniform integers in 0 … 2^32 - 1. */
export function seededGenerator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/**
 * `count` integers, uniform in `from` … `to`, both included; below 2^31, and small integers to the engine too: as doubles
 * they would slow every division of whoever gets them without a copy.
 */
export function randomIntegers(count: number, from: number, to: number, seed: number): number[] {
  const next = seededGenerator(seed);
  const width = to - from + 1;
  return Array.from({ length: count }, () => (from + (next() % width)) | 0);
}

/** A copy of the items in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = next() % (last + 1);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}
