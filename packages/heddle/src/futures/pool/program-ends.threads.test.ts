import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";

/** Runs a program with the pools of this layer, and gives how it ended. */
function run(body: string): { status: number | null; stdout: string; stderr: string } {
  const module = JSON.stringify(new URL("../index.ts", import.meta.url).href);
  const text = `import { ThreadPoolExecutor, toThread } from ${module};\n${body}`;
  const flags = ["--conditions=@heddle/source", "--input-type=module", "--eval", text];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

const COUNT = 500;
const NUMBERS = Array.from({ length: COUNT }, (_, i) => `${i}\n`).join("");

describe("A program that ends without a shutdown", () => {
  test("prints all that its tasks have printed", () => {
    const { status, stdout, stderr } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      await pool.submit(() => {
        for (let i = 0; i < ${COUNT}; i++) console.log(i);
        for (let i = 0; i < ${COUNT}; i++) console.error(i);
      });
      process.once("beforeExit", () => pool.submit(() => console.log("last")).result());`);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${NUMBERS}last\n`, stderr: NUMBERS });
  });

  test("is told it by onOutput, too", () => {
    const { stdout } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 1, onOutput: ({ text }) => process.stdout.write(text) });
      await pool.submit(() => { for (let i = 0; i < ${COUNT}; i++) console.log(i); });`);
    assert.equal(stdout, NUMBERS);
  });

  test("ends although a task that nobody waits for computes without end", () => {
    const { status, stdout } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const words = new Int32Array(new SharedArrayBuffer(4));
      const endless = pool.submit((words) => { words[0] = 1; for (;;); }, words);
      while (words[0] === 0) await new Promise(setImmediate);
      endless.cancel("enough", { graceMs: 60_000 });
      console.log(endless.state);`);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "cancelled\n" });
  });
});

describe("toThread()", () => {
  test("keeps no program alive by a call that nobody waits for, even while it runs", () => {
    const { status, stdout } = run(`
      const words = new Int32Array(new SharedArrayBuffer(4));
      const endless = toThread((words) => { words[0] = 1; for (;;); }, words);
      while (words[0] === 0) await new Promise(setImmediate);
      console.log(endless.state);`);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "running\n" });
  });

  test("keeps it alive by a call that somebody waits for, however", () => {
    const { status, stdout } = run(`
      const slow = (n) => new Promise((resolve) => setTimeout(resolve, 50, n));
      toThread(slow, 1).then(console.log);
      toThread(slow, 2).addDoneCallback((future) => console.log(future.state));
      const late = toThread(slow, 3);
      setTimeout(async () => console.log(await late), 20);
      console.log(await toThread(slow, 4));`);
    assert.equal(status, 0);
    assert.deepEqual(stdout.trim().split("\n").sort(), ["1", "3", "4", "fulfilled"]);
  });
});

describe("A body", () => {
  test("may import() a module, and nothing is printed about that", () => {
    const { status, stdout, stderr } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      console.log(await pool.submit(async () => (await import("node:path")).posix.sep));
      await pool.shutdown();`);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "/\n", stderr: "" });
  });
});
