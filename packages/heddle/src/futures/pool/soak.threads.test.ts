import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { FAULT_KINDS } from "../fixtures/faults.ts";
import { soak } from "../fixtures/soak.ts";

/** `npm run soak` has 100,000 of them. */
const FAULTS = 2_000;

test("Thousands of random faults leave nothing hung, nothing lost, and run no body twice", async (context) => {
  const seed = randomInt(2 ** 31);
  context.diagnostic(`seed ${seed}: npm run soak -- ${FAULTS} ${seed}`);
  const { kinds, calls } = await soak({ faults: FAULTS, seed });
  assert.equal(
    Object.values(kinds).reduce((sum, n) => sum + n, 0),
    FAULTS,
  );
  assert(calls > 3 * FAULTS);
  assert(Object.keys(kinds).length >= FAULT_KINDS.length - 1);
});
