import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lane, LANE_BYTES } from "./lane.ts";

describe("Lane", () => {
  test("gives the command the lines of all finished items, and how many were begun", () => {
    const worker = new Lane();
    worker.begin();
    assert.equal(worker.keep("one ü\n"), true);
    worker.begin();
    assert.equal(worker.keep("two\n"), true);
    worker.begin();
    assert.deepEqual(new Lane(worker.shared).left(), { begun: 3, finished: 2, lines: "one ü\ntwo\n" });
  });

  test("refuses a line that does not fit, and keeps what it has", () => {
    const lane = new Lane();
    lane.begin();
    lane.keep("short\n");
    lane.begin();
    assert.equal(lane.keep("x".repeat(LANE_BYTES)), false);
    assert.deepEqual(lane.left(), { begun: 2, finished: 1, lines: "short\n" });
  });

  test("tells the worker to stop, and forgets everything at a reset", () => {
    const command = new Lane();
    const worker = new Lane(command.shared);
    assert.equal(worker.stopped, false);
    command.stop();
    assert.equal(worker.stopped, true);
    worker.begin();
    worker.keep("x");
    command.reset();
    assert.equal(worker.stopped, false);
    assert.deepEqual(command.left(), { begun: 0, finished: 0, lines: "" });
  });
});
