import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Barrier } from "../../sync/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

describe("ThreadPoolExecutor with calls that wait for one another", () => {
  test("runs as many calls at once as it has workers, however the workers were asleep before", async () => {
    const parties = 4;
    await using pool = new ThreadPoolExecutor({ minWorkers: parties, maxWorkers: parties });
    const barrier = new Barrier(parties);
    // Each call keeps its worker until all four run: one that nobody woke would leave the others waiting for ever.
    const arrive = (): number => barrier.waitSync();
    for (let round = 0; round < 300; round++) {
      const places = await Promise.all(Array.from({ length: parties }, () => pool.submit(arrive)));
      assert.deepEqual(
        places.toSorted((a, b) => a - b),
        [0, 1, 2, 3],
      );
      // Some rounds find the workers looking, some find them asleep.
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
});
