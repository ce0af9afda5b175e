import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type Heap, threadHeap } from "#heap";
import { functionTableIn } from "../../portable/index.ts";
import { Payloads } from "./payload.ts";
import { SLOT_BYTES } from "./slot.ts";

/** The heap of this thread, and how many blocks were taken from it. */
function counted(): { heap: Heap; taken: () => number } {
  const real = threadHeap();
  let taken = 0;
  const heap = new Proxy(real, {
    get(_, key) {
      const member: unknown = Reflect.get(real, key, real);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        if (key === "allocate") taken++;
        return Reflect.apply(member, real, args);
      };
    },
  });
  return { heap, taken: () => taken };
}

describe("Payloads", () => {
  const { heap, taken } = counted();
  const slot = heap.allocate(SLOT_BYTES);

  /** How many blocks it takes to write each of these over the one before it, and read it. */
  const blocksFor = (values: readonly unknown[]): number[] => {
    const payloads = new Payloads(heap, functionTableIn(threadHeap()));
    payloads.reset(slot);
    return values.map((value) => {
      const before = taken();
      assert.equal(payloads.writeArguments(slot, [value], false), undefined);
      assert.deepEqual(payloads.read(slot, []), [value]);
      payloads.release(slot);
      return taken() - before;
    });
  };

  after(() => heap.free(slot));

  test("take no block for a short message, whatever came before", () => {
    const texts = [10, 1000, 10, 100_000, 100].map((length) => "x".repeat(length));
    assert.deepEqual(blocksFor(texts), [0, 1, 0, 1, 0]);
  });

  test("take one block for a message of many parts that is no longer than the last that needed one", () => {
    const record = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, i / 3]));
    const { key0: _, ...shorter } = record;
    const [first, ...others] = blocksFor([record, record, shorter, 1, shorter]);
    assert.ok(first! > 1);
    assert.deepEqual(others, [1, 1, 0, 1]);
  });
});
