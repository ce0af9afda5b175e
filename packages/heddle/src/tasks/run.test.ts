import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./index.ts";

const program = fileURLToPath(new URL("fixtures/program.ts", import.meta.url));

/** Runs a program, sends it the next of the signals whenever it says that it is ready, ends its input then, and gives how it ended, with what it said: the errors first. */
async function outcome(
  args: readonly string[],
  ...signals: NodeJS.Signals[]
): Promise<[code: number, output: string]> {
  const child = spawn(process.execPath, ["--conditions=@heddle/source", program, ...args]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (data: Buffer) => {
    output += String(data);
    if (!String(data).includes("ready")) return;
    const signal = signals.shift();
    if (signal !== undefined) child.kill(signal);
    child.stdin.end();
  });
  child.stderr.on("data", (data: Buffer) => (errors += String(data)));
  const [code] = (await once(child, "close")) as [number];
  return [code, errors + output];
}

describe("run()", () => {
  test("ends with the code that its main gives, else 0, and 1 with the error when it throws", async () => {
    assert.deepEqual(await outcome(["value"]), [7, "after run\n"]);
    assert.deepEqual(await outcome(["nothing"]), [0, "after run\n"]);
    const [code, output] = await outcome(["fails"]);
    assert.equal(code, 1);
    assert.match(output, /RangeError: it failed/);
  });

  test("hears of all calls that fail in a group, and none of them ends the program", async () => {
    const [code, output] = await outcome(["loses no call"]);
    assert.equal(code, 0, output);
    // The second one may not have begun when the first one failed.
    assert.match(
      output,
      /^((Error: one|AggregateError: .*Error: one; "fail": Error: two\))\n){5}after run\n$/,
    );
  });

  test("hears of what a handler of a future throws by itself as an unhandled rejection", async () => {
    const [code, output] = await outcome(["has a handler that fails"]);
    assert.equal(code, 0, output);
    assert.equal(output, "Error: task\nError: handler\nafter run\n");
  });

  test("ends with 1, and says why, when its main gives a number that is no exit code", async () => {
    const [code, output] = await outcome(["half"]);
    assert.equal(code, 1);
    assert.match(output, /RangeError: Cannot end the program: 1\.5 is not an exit code/);
  });

  test("turns SIGINT and SIGTERM into cancellation, waits for the clean-up, and ends with 128 + signal", async () => {
    assert.deepEqual(await outcome(["cleans up"], "SIGINT"), [130, "ready\ncleaned up\n"]);
    assert.deepEqual(await outcome(["cleans up"], "SIGTERM"), [143, "ready\ncleaned up\n"]);
  });

  test("gives a program all the time for its clean-up that there is", async () => {
    for (const cleanUpMs of ["Infinity", "3000000000"]) {
      assert.deepEqual(await outcome(["cleans up slowly", cleanUpMs], "SIGTERM"), [
        143,
        "ready\ncleaned up\n",
      ]);
    }
  });

  test("ends a program whose clean-up takes too long", async () => {
    assert.deepEqual(await outcome(["hangs", "10"], "SIGTERM"), [143, "ready\n"]);
  });

  test("ends at once, with the code of the first signal, when a second one comes", async () => {
    assert.deepEqual(await outcome(["hangs in clean-up"], "SIGINT", "SIGTERM"), [130, "ready\nready\n"]);
  });

  test("hears of a signal that came while its main blocked, even if that ends without waiting", async () => {
    assert.deepEqual(await outcome(["blocks"], "SIGINT"), [130, "ready\nunblocked\n"]);
  });

  test("shows what goes wrong in the clean-up, and still ends with 128 + signal", async () => {
    const [code, output] = await outcome(["fails in clean-up"], "SIGTERM");
    assert.equal(code, 143);
    assert.match(output, /RangeError: in clean-up/);
  });

  test("refuses a main that is no function", async () => {
    await assert.rejects(run(7 as never), TypeError);
  });
});

describe("printTasksOn()", () => {
  test("has a program print the tree of its tasks when it gets SIGUSR2", async () => {
    const [code, output] = await outcome(["shows its tasks"], "SIGUSR2");
    assert.equal(code, 0);
    assert.equal(
      output.replace("ready\n", ""),
      [
        "main",
        "└─ main (waiting: its task group)",
        "   ├─ reader (waiting: sleep())",
        "   └─ writer (waiting: sleep())",
        "after run\n",
      ].join("\n"),
    );
  });
});
