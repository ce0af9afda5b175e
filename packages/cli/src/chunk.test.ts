import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runChunk, type ChunkOrder, type Target } from "./chunk.ts";
import { Lane, LANE_BYTES } from "./lane.ts";

const ORDER: ChunkOrder = {
  first: 0,
  retries: 0,
  attemptsBefore: 0,
  stopAtFailure: false,
  budgetMs: Infinity,
  sampleEvery: 1,
};

function parsed(lines: string): unknown[] {
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe("runChunk()", () => {
  test("gives each item and its index to the function, and a line for each result", async () => {
    const report = await runChunk((item, index) => [item, index], ["a", "b"], { ...ORDER, first: 40 });
    assert.equal(
      report.lines,
      '{"index":40,"input":"a","result":["a",40]}\n{"index":41,"input":"b","result":["b",41]}\n',
    );
    assert.equal(report.done, 2);
    assert.equal(report.failed, 0);
  });

  test("awaits an async function, one item at a time", async () => {
    let running = 0;
    const target: Target = async (item) => {
      assert.equal(++running, 1);
      await Promise.resolve();
      running--;
      return item;
    };
    const report = await runChunk(target, [1, 2, 3], ORDER);
    assert.deepEqual(
      parsed(report.lines).map((line) => (line as { result: number }).result),
      [1, 2, 3],
    );
  });

  test("fails only the item that throws, synchronously or later, and says how", async () => {
    const target: Target = (item) => {
      if (item === 1) throw new RangeError("one is\n  too few");
      return item === 2 ? Promise.reject(Object.assign(new Error("two"), { code: "E2" })) : item;
    };
    const report = await runChunk(target, [0, 1, 2, 3], ORDER);
    const lines = parsed(report.lines) as {
      index: number;
      result?: number;
      error?: { name: string; code?: string };
    }[];
    assert.deepEqual(
      lines.map(({ index, result }) => [index, result]),
      [
        [0, 0],
        [1, undefined],
        [2, undefined],
        [3, 3],
      ],
    );
    assert.equal(lines[1]!.error!.name, "RangeError");
    assert.equal(lines[2]!.error!.code, "E2");
    assert.equal(report.failed, 2);
    assert.deepEqual(report.failures, [
      { index: 1, input: "1", error: "RangeError: one is too few" },
      { index: 2, input: "2", error: "Error: two" },
    ]);
  });

  test("fails an item whose result cannot be written, without running it again", async () => {
    let calls = 0;
    const target: Target = () => {
      calls++;
      return { f: () => 1 };
    };
    const report = await runChunk(target, [0], { ...ORDER, retries: 5 });
    assert.equal(calls, 1);
    const { error } = parsed(report.lines)[0] as { error: { code: string; help: string } };
    assert.equal(error.code, "ERR_HEDDLE_NOT_JSON");
    assert.match(error.help, /\/troubleshooting\.md#err_heddle_not_json$/);
    assert.equal(report.failures[0]!.help, error.help);
  });

  test("leaves the result out when the function gives none", async () => {
    assert.equal((await runChunk(() => undefined, ["a"], ORDER)).lines, '{"index":0,"input":"a"}\n');
  });

  test("runs a failing item again as often as asked, and counts the attempts", async () => {
    for (const later of [false, true]) {
      let calls = 0;
      const target: Target = () => {
        calls++;
        if (later) return Promise.reject(new Error("again"));
        throw new Error("again");
      };
      const report = await runChunk(target, ["a"], { ...ORDER, retries: 2 });
      assert.equal(calls, 3);
      assert.equal((parsed(report.lines)[0] as { error: { attempts: number } }).error.attempts, 3);
    }
    let calls = 0;
    const report = await runChunk(() => (++calls < 3 ? Promise.reject(new Error("no")) : "yes"), ["a"], {
      ...ORDER,
      retries: 2,
    });
    assert.equal(report.lines, '{"index":0,"input":"a","result":"yes"}\n');
  });

  test("counts attempts that were made in a worker that died", async () => {
    let calls = 0;
    const target: Target = () => {
      calls++;
      throw new Error("no");
    };
    const report = await runChunk(target, ["a"], { ...ORDER, retries: 3, attemptsBefore: 2 });
    assert.equal(calls, 2);
    assert.equal((parsed(report.lines)[0] as { error: { attempts: number } }).error.attempts, 4);
  });

  test("hands back what it did not begin: after a failure, past its time, when told, when the lane is full", async () => {
    const failing: Target = (item) => {
      if (item === 1) throw new Error("stop");
      return item;
    };
    assert.equal((await runChunk(failing, [0, 1, 2], { ...ORDER, stopAtFailure: true })).done, 2);
    assert.equal((await runChunk((item) => item, [0, 1, 2], { ...ORDER, budgetMs: 0 })).done, 1);

    const lane = new Lane();
    const stopping: Target = (item) => {
      if (item === 1) lane.stop();
      return item;
    };
    assert.equal((await runChunk(stopping, [0, 1, 2], { ...ORDER, lane: lane.shared })).done, 2);

    const wide = await runChunk(() => "x".repeat(LANE_BYTES / 2), [0, 1, 2], {
      ...ORDER,
      lane: new Lane().shared,
    });
    assert.equal(wide.done, 2);
    assert.equal(parsed(wide.lines).length, 2);
  });

  test("leaves every finished line in the lane before it begins the next item", async () => {
    const lane = new Lane();
    const seen: number[] = [];
    const target: Target = (item) => {
      seen.push(lane.left().finished);
      return item;
    };
    const report = await runChunk(target, [0, 1, 2], { ...ORDER, lane: lane.shared });
    assert.deepEqual(seen, [0, 1, 2]);
    assert.deepEqual(lane.left(), { begun: 3, finished: 3, lines: report.lines });
  });

  test("names the first ten failures, and shortens long inputs", async () => {
    const report = await runChunk(
      () => Promise.reject(new Error("no")),
      Array(12).fill("y".repeat(100)),
      ORDER,
    );
    assert.equal(report.failed, 12);
    assert.equal(report.failures.length, 10);
    assert.equal(report.failures[0]!.input.length, 60);
  });

  test("counts as work what the function took, not what writing its result took", async () => {
    const heavyResult = Array.from({ length: 20_000 }, (_, index) => ({ index }));
    const shares: number[] = [];
    // The machine may halt in the middle of one of them.
    for (let round = 0; round < 5; round++) {
      const { workMs, elapsedMs } = await runChunk(() => heavyResult, [0, 1, 2, 3], ORDER);
      assert.ok(workMs >= 0);
      shares.push(workMs / elapsedMs);
    }
    assert.ok(Math.min(...shares) < 0.5, shares.join(", "));
  });
});
