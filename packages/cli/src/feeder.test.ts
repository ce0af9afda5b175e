import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import { Feeder, type Slice } from "./feeder.ts";
import type { Batch, Source } from "./inputs/source.ts";
import { Journal } from "./journal.ts";

function sourceOf(
  batches: readonly (readonly unknown[])[],
  onRead: (count: number) => void = () => {},
): Source {
  async function* read(): AsyncGenerator<Batch> {
    let count = 0;
    for (const items of batches) {
      onRead(++count);
      yield { items, bytes: items.length * 10 };
    }
  }
  return { name: "test", format: "lines", identity: "test", batches: read(), close: () => {} };
}

/** Takes until the end, waiting where nothing is there yet. */
async function takeAll(
  source: Source,
  limits: () => number,
  exactly: boolean,
  journal?: Journal,
): Promise<{ slices: Slice[]; feeder: Feeder }> {
  let wake = (): void => {};
  const feeder = new Feeder(source, journal, () => wake());
  const slices: Slice[] = [];
  while (!feeder.ended) {
    const ready = new Promise<void>((resolve) => (wake = resolve));
    const slice = feeder.take(limits(), exactly);
    if (slice !== undefined) slices.push(slice);
    else if (!feeder.ended) await ready;
  }
  return { slices, feeder };
}

describe("Feeder", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-feeder-"))));
  after(() => rmSync(folder, { recursive: true }));

  test("hands out every item once, in order, numbered, in slices of at most the size asked for", async () => {
    const batches = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 10 }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.integer({ min: 1, max: 25 }),
        fc.boolean(),
        async (lists, limit, exactly) => {
          const { slices, feeder } = await takeAll(sourceOf(lists), () => limit, exactly);
          assert.deepEqual(
            slices.flatMap(({ items }) => items),
            lists.flat(),
          );
          let next = 0;
          for (const { first, items } of slices) {
            assert.equal(first, next);
            next += items.length;
            assert.ok(items.length > 0 && items.length <= limit);
          }
          if (exactly) assert.ok(slices.slice(0, -1).every(({ items }) => items.length === limit));
          assert.equal(feeder.itemsRead, next);
          assert.equal(feeder.bytesRead, next * 10);
        },
      ),
    );
  });

  test("reads no further ahead than a few batches", async () => {
    let read = 0;
    const source = sourceOf(
      Array.from({ length: 100 }, () => ["a", "b"]),
      (count) => (read = count),
    );
    const feeder = new Feeder(source, undefined, () => feeder.take(0, false));
    feeder.take(1, false);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    assert.ok(read <= 3, `${read} batches`);
  });

  test("hands out again, before others, what was given back", async () => {
    const { slices, feeder } = await takeAll(sourceOf([["a", "b", "c", "d"]]), () => 4, false);
    feeder.giveBack({ ...slices[0]!, items: ["c", "d"], first: 2 });
    assert.equal(feeder.ended, false);
    assert.equal(feeder.hasReturned, true);
    assert.deepEqual(feeder.take(1, false), { first: 2, items: ["c"], attemptsBefore: 0 });
    assert.deepEqual(feeder.take(1, false), { first: 3, items: ["d"], attemptsBefore: 0 });
    assert.equal(feeder.ended, true);
  });

  test("hands out the items before a fault, then tells the fault", async () => {
    async function* faulty(): AsyncGenerator<Batch> {
      yield { items: ["a"], bytes: 2 };
      throw new Error("line 2");
    }
    const { slices, feeder } = await takeAll({ ...sourceOf([]), batches: faulty() }, () => 5, true);
    assert.deepEqual(
      slices.map(({ items }) => items),
      [["a"]],
    );
    assert.equal((feeder.failure as Error).message, "line 2");
  });

  test("tells apart what the journal has, and hands it out whole", async () => {
    const identity = { module: "m", export: "e", input: "i", format: "lines" };
    const path = join(folder, "j");
    const first = new Journal(path, identity, false);
    first.append([
      { first: 1, count: 3, failed: 0, lines: "b\nc\nd\n" },
      { first: 5, count: 1, failed: 1, lines: "f\n" },
    ]);
    first.close();
    const journal = new Journal(path, identity, true);
    const { slices } = await takeAll(
      sourceOf([
        ["a", "b"],
        ["c", "d"],
        ["e", "f", "g"],
      ]),
      () => 10,
      false,
      journal,
    );
    assert.deepEqual(
      slices.map(({ first: index, items, recorded }) => [
        index,
        items.join(""),
        recorded?.lines,
        recorded?.failed,
      ]),
      [
        [0, "a", undefined, undefined],
        [1, "bcd", "b\nc\nd\n", 0],
        [4, "e", undefined, undefined],
        [5, "f", "f\n", 1],
        [6, "g", undefined, undefined],
      ],
    );
    journal.close();

    const again = new Journal(path, identity, true);
    const { feeder } = await takeAll(sourceOf([["a", "b"]]), () => 10, false, again);
    assert.match(
      (feeder.failure as Error).message,
      /^Cannot resume: .* it has item 3, and the input ends after 2 items$/,
    );
    again.close();
  });
});
