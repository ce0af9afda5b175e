import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  byIndex,
  FUNCTIONS,
  heddle,
  resultLines,
  startHeddle,
  ended,
  type Ended,
} from "./fixtures/run-heddle.ts";

const COUNT = 2000;

describe("heddle map --journal", () => {
  let folder: string;
  let input: string;
  let output: string;
  let journal: string;
  let calls: string;
  let number = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-journal-command-"));
    input = join(folder, "in.txt");
    writeFileSync(input, Array.from({ length: COUNT }, (_, at) => `${at}\n`).join(""));
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    number++;
    output = join(folder, `${number}.jsonl`);
    journal = join(folder, `${number}.journal`);
    calls = join(folder, `${number}.calls`);
    writeFileSync(calls, "");
  });

  /** Runs over the input, noting every call; at the item `killAt` the process is killed with SIGKILL. */
  function run(options: readonly string[], killAt = -1, env: Record<string, string> = {}): Promise<Ended> {
    const files = ["--input", input, "--output", output, "--journal", journal];
    return heddle(["map", `${FUNCTIONS}#noted`, ...files, ...options], {
      env: { HEDDLE_TEST_CALLS: calls, HEDDLE_TEST_KILL_AT: String(killAt), ...env },
    });
  }

  /** How often each item's body began. */
  function callCounts(): number[] {
    const counts = Array<number>(COUNT).fill(0);
    for (const item of readFileSync(calls, "utf8").split("\n").slice(0, -1)) counts[Number(item)]!++;
    return counts;
  }

  /** Promises that the output has each result exactly once. */
  function isComplete(): number[] {
    const lines = resultLines(readFileSync(output, "utf8"));
    const indexes = lines.map(({ index }) => index);
    assert.equal(indexes.length, COUNT);
    assert.equal(new Set(indexes).size, COUNT);
    for (const { input: item, result } of lines) assert.equal(result, (item as number) * 10);
    return indexes;
  }

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

  test("changes nothing about the results of a run that is not disturbed", async () => {
    const { status } = await run([]);
    assert.equal(status, 0);
    isComplete();
  });

  for (const options of [[], ["--ordered"], ["--chunk", "1"], ["--on", "inline"]]) {
    test(`after kill -9 at several moments, --resume ends with every result exactly once (${options.join(" ") || "as it is"})`, async () => {
      for (const [attempt, killAt] of [0, 700, 1400, COUNT - 1].entries()) {
        const { signal } = await run([...options, ...(attempt === 0 ? [] : ["--resume"])], killAt);
        assert.equal(signal, "SIGKILL");
      }
      const { status, stderr } = await run([...options, "--resume"]);
      assert.equal(status, 0, stderr);
      const indexes = isComplete();
      if (options.includes("--ordered")) assert.deepEqual(indexes, upTo(COUNT));
    });
  }

  test("runs again what was not in the journal when it was killed, and nothing else", async () => {
    // What is in the output is in the journal.
    await run(["--chunk", "10", "--jobs", "2"], 1000, { HEDDLE_TEST_KILL_AFTER: output });
    const database = new DatabaseSync(journal);
    const recorded = database.prepare("SELECT first, items FROM finished").all() as {
      first: number;
      items: number;
    }[];
    database.close();
    const isRecorded = Array<boolean>(COUNT).fill(false);
    for (const { first, items } of recorded) isRecorded.fill(true, first, first + items);
    assert.ok(isRecorded.includes(true));

    const before = callCounts();
    await run(["--resume"]);
    isComplete();
    for (const [item, count] of callCounts().entries()) {
      assert.equal(count, isRecorded[item] ? 1 : before[item]! + 1, `item ${item}`);
    }
  });

  test("does not run anything again once all is done, and writes the output anew", async () => {
    await run([]);
    rmSync(output);
    const { status, stderr } = await run(["--resume"]);
    assert.equal(status, 0);
    assert.match(stderr, /^0 items in .*, 2,000 were in the journal\n$/);
    isComplete();
    assert.ok(callCounts().every((count) => count === 1));
  });

  test("does not run failed items again, and still exits 1 and names them", async () => {
    const words = [
      "map",
      `${FUNCTIONS}#evenOnly`,
      "--format",
      "numbers",
      "--journal",
      journal,
      "1",
      "2",
      "3",
    ];
    assert.equal((await heddle(words)).status, 1);
    const again = await heddle([...words, "--resume"]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /failed: item 0, 1: RangeError: 1 is odd\nfailed: item 2, 3: /);
    assert.match(again.stderr, /3 were in the journal/);
  });

  test("keeps what was done at Ctrl-C, in the output too, and goes on from there", async () => {
    const words = [
      "map",
      `${FUNCTIONS}#signalling`,
      "--chunk",
      "1",
      "--input",
      input,
      "--output",
      output,
      "--journal",
      journal,
    ];
    const first = await heddle(words, { env: { HEDDLE_TEST_SIGNAL_AT: "1000" } });
    assert.equal(first.status, 130);
    const done = resultLines(readFileSync(output, "utf8")).length;
    assert.ok(done >= 1000 && done < COUNT, `${done}`);

    const second = await heddle([...words, "--resume"], {
      env: { HEDDLE_TEST_SIGNAL_AT: String(done + 100) },
    });
    assert.equal(second.status, 130);
    const doneThen = resultLines(readFileSync(output, "utf8"));
    assert.ok(doneThen.length > done);
    assert.equal(new Set(doneThen.map(({ index }) => index)).size, doneThen.length);

    const last = await heddle([...words, "--resume"]);
    assert.equal(last.status, 0, last.stderr);
    assert.equal(resultLines(readFileSync(output, "utf8")).length, COUNT);
  });

  test("resumes standard input, and refuses another one", async () => {
    const words = ["map", `${FUNCTIONS}#echo`, "--input", "-", "--journal", journal];
    assert.equal((await heddle(words, { input: "a\nb\n" })).status, 0);
    const more = await heddle([...words, "--resume"], { input: "a\nb\nc\n" });
    assert.equal(more.status, 0);
    assert.deepEqual(
      byIndex(more.lines).map(({ result }) => result),
      ["a", "b", "c"],
    );
    const other = await heddle([...words, "--resume"], { input: "a\nx\nc\n" });
    assert.equal(other.status, 2);
    assert.match(
      other.stderr,
      /^heddle: Cannot resume: the journal was written for another input; there, item 1 is \{"index":1,"input":"b",.*$/m,
    );
    const less = await heddle([...words, "--resume"], { input: "a\n" });
    assert.equal(less.status, 2);
    assert.match(less.stderr, /Cannot resume: .* the input ends after 1 items$/m);
  });

  test("refuses an existing journal without --resume, and a changed run with it, and touches no output", async () => {
    await run([]);
    const complete = readFileSync(output, "utf8");
    const refusals: [string[], RegExp][] = [
      [[], /it exists, with 2000 inputs done; add --resume to go on, or delete it to start anew/],
      [["--resume", "--format", "lines"], /it was written for the format numbers, and this is lines/],
    ];
    for (const [options, message] of refusals) {
      const { status, stderr } = await run(options);
      assert.equal(status, 2);
      assert.match(stderr, /^heddle: [^\n]+\n  see .*#err_heddle_journal\n$/);
      assert.match(stderr, message);
    }
    const other = await heddle([
      "map",
      `${FUNCTIONS}#echo`,
      "--input",
      input,
      "--journal",
      journal,
      "--resume",
    ]);
    assert.match(other.stderr, /it was written for the export noted, and this is echo/);
    utimesSync(input, new Date(), new Date());
    assert.match(
      (await run(["--resume"])).stderr,
      /it was written for the input .*in\.txt \(.* bytes, changed /,
    );
    assert.equal(readFileSync(output, "utf8"), complete);
  });

  test("refuses a journal that another run is using", async () => {
    const child = startHeddle([
      "map",
      `${FUNCTIONS}#stuckOn`,
      "a",
      "stuck",
      "--chunk",
      "1",
      "--journal",
      journal,
    ]);
    const end = ended(child);
    // The first result is in the journal before it is on standard output.
    await new Promise((resolve) => child.stdout!.once("data", resolve));
    const { status, stderr } = await heddle([
      "map",
      `${FUNCTIONS}#stuckOn`,
      "a",
      "stuck",
      "--journal",
      journal,
      "--resume",
    ]);
    assert.equal(status, 2);
    assert.match(stderr, /another run is using it$/m);
    child.kill("SIGKILL");
    await end;
  });
});
