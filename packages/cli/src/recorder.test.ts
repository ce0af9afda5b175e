import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { Journal, type Recorded } from "./journal.ts";
import { Recorder } from "./recorder.ts";

const IDENTITY = { module: "m", export: "e", input: "i", format: "lines" };

function chunk(first: number, lines = `${first}\n`): Recorded {
  return { first, count: 1, failed: 0, lines };
}

describe("Recorder", () => {
  let folder: string;
  let journal: Journal;
  let recorded: Recorded[];
  let failures: Error[];
  let recorder: Recorder<Recorded>;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    folder = mkdtempSync(join(tmpdir(), "heddle-recorder-"));
    journal = new Journal(join(folder, "j"), IDENTITY, false);
    recorded = [];
    failures = [];
    recorder = new Recorder(journal, {
      onRecorded: (chunks) => void recorded.push(...chunks),
      onFailure: (error) => void failures.push(error),
    });
  });
  afterEach(() => {
    mock.timers.reset();
    journal.close();
    rmSync(folder, { recursive: true });
  });

  test("passes nothing on before it is in the journal", () => {
    recorder.add(chunk(0));
    assert.deepEqual(recorded, []);
    assert.ok(recorder.pendingBytes > 0);
    mock.timers.tick(1000);
    assert.deepEqual(recorded, [chunk(0)]);
    assert.equal(journal.lines(0), "0\n");
    assert.equal(recorder.pendingBytes, 0);
  });

  test("records what comes soon after each other in one batch, in order", () => {
    for (const first of [3, 1, 2]) recorder.add(chunk(first));
    mock.timers.tick(1000);
    assert.deepEqual(
      recorded.map(({ first }) => first),
      [3, 1, 2],
    );
  });

  test("does not wait when much is pending", () => {
    recorder.add(chunk(0, "x".repeat(2 * 1024 * 1024)));
    assert.equal(recorded.length, 1);
  });

  test("records what is pending when told to, and nothing twice", () => {
    recorder.add(chunk(0));
    recorder.commit();
    recorder.commit();
    mock.timers.tick(1000);
    assert.equal(recorded.length, 1);
  });

  test("tells when the journal cannot be written, and passes nothing on", () => {
    recorder.add(chunk(0));
    recorder.commit();
    recorder.add(chunk(0));
    recorder.commit();
    assert.equal(recorded.length, 1);
    assert.match(failures[0]!.message, /^Cannot write the journal /);
  });
});
