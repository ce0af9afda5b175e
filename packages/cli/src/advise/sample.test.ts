import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { takeSample } from "./sample.ts";

async function* numbers(count: number, bytesEach: number, batch = 100) {
  for (let first = 0; first < count; first += batch) {
    const items = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    yield { items, bytes: bytesEach * items.length };
  }
}

describe("takeSample()", () => {
  test("keeps all of a small input", async () => {
    const { items, total } = await takeSample({ batches: numbers(250, 2) });
    assert.equal(total, 250);
    assert.deepEqual(
      items,
      Array.from({ length: 250 }, (_, i) => i),
    );
  });

  test("keeps a thousand of a large one, of all parts of it alike", async () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const { items, total } = await takeSample({ batches: numbers(50_000, 2) }, random);
    assert.equal(total, 50_000);
    assert.equal(new Set(items).size, 1000);
    const late = items.filter((item) => (item as number) >= 25_000).length;
    assert.ok(late > 420 && late < 580, `${late} of 1000 are from the second half`);
  });

  test("keeps of large items those of all parts of the input alike, too", async () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    let late = 0;
    for (let round = 0; round < 20; round++) {
      const { items } = await takeSample({ batches: numbers(1000, 2 ** 20, 10) }, random);
      assert.equal(new Set(items).size, 64);
      late += items.filter((item) => (item as number) >= 500).length;
    }
    assert.ok(late > 540 && late < 740, `${late} of 1280 are from the second half`);
  });

  test("keeps fewer of large items", async () => {
    const { items, total } = await takeSample({ batches: numbers(1000, 2 ** 20, 10) });
    assert.equal(total, 1000);
    assert.ok(items.length <= 64);
  });
});
