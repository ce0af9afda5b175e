/** A thread of a bare map: takes numbers until there are none. */
import { checksum } from "./checksum.ts";
import type { MapOrder } from "./bare-map.ts";
import { serveCalls } from "./bare-threads.ts";
import { mapFunctions } from "./plain.ts";

/** Few enough that both threads are done at the same time, and enough that to take them costs nothing. */
const ITEMS_AT_A_TIME = 1_000;

serveCalls({
  sum: async ({ name, items, taken }: MapOrder) => {
    const work: (item: number) => unknown = mapFunctions[name];
    let sum = 0;
    for (;;) {
      const start = Atomics.add(taken, 0, ITEMS_AT_A_TIME);
      if (start >= items.length) return sum;
      const results: unknown[] = [];
      for (const item of items.subarray(start, start + ITEMS_AT_A_TIME)) results.push(work(item));
      sum += checksum(results);
    }
  },
});
