/** How programs with threads end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("fixtures/program.ts", import.meta.url));

interface End {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function run(what: string): Promise<End> {
  const child = spawn(process.execPath, ["--conditions=@heddle/source", PROGRAM, what]);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { code, output, errors };
}

describe("a program", () => {
  const waits = [
    ["waits for its threads", "non-daemon"],
    ["waits for threads that its threads have started", "started by a thread"],
    ["waits for a thread that a daemon has started, and that is none", "started by a daemon"],
    [
      "waits for a thread that a call in a pool has started, and that is no daemon, after the pool is gone",
      "started by a pool",
    ],
    ["waits for what a thread has left behind in its event loop", "leaves a timer behind"],
    ["has daemons that outlive the thread that has started them", "daemon outlives its starter"],
  ] as const;
  for (const [promise, what] of waits) {
    test(promise, async () => {
      assert.deepEqual(await run(what), { code: 0, output: "done\n", errors: "" });
    });
  }

  test("does not wait for daemons", async () => {
    assert.deepEqual(await run("daemon"), { code: 0, output: "", errors: "" });
  });

  test("does not wait for daemons that a thread has left behind", async () => {
    assert.deepEqual(await run("daemon left behind"), { code: 0, output: "", errors: "" });
  });

  test("does not wait for what daemons have started, for these are daemons, too", async () => {
    assert.deepEqual(await run("daemon's daemon"), {
      code: 0,
      output: "inherits true\nalive true\n",
      errors: "",
    });
  });

  for (const what of ["fails unseen", "fails unseen below", "fails after its end"]) {
    test(`ends with the error of a thread that nobody has asked for: one that ${what}`, async () => {
      const { code, errors } = await run(what);
      assert.equal(code, 1);
      // Node 26 shows what it has brought from a worker itself as `RangeError [Error]`.
      assert.match(errors, /RangeError(?: \[Error\])?: torn sheet/);
      assert.match(errors, /thread "press", started/);
    });
  }

  test("ends with what a thread has thrown that is no error, and the thread's name", async () => {
    const { code, errors } = await run("fails unseen with words");
    assert.equal(code, 1);
    assert.match(errors, /Uncaught in thread "press": 'torn'/);
  });

  test("ends with the error of a handler of uncaught errors", async () => {
    const { code, errors } = await run("handler fails");
    assert.equal(code, 1);
    assert.match(errors, /TypeError: handler failed/);
  });

  test("that calls process.exit ends, whatever its threads do", async () => {
    assert.deepEqual(await run("exits"), { code: 7, output: "", errors: "" });
  });

  test("starts no thread while it ends", async () => {
    const { code, output } = await run("starts while it ends");
    assert.deepEqual([code, output], [0, 'Cannot start thread "Thread-1": the program is ending\n']);
  });

  test("starts no process while it ends", async () => {
    const { code, output } = await run("starts a process while it ends");
    const refusal = 'ProcessStateError: Cannot start process "Process-1": the program is ending\n';
    assert.deepEqual([code, output], [0, refusal]);
  });
});
