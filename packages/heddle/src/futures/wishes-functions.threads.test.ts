/**
 * What users of other tools wish for, wish by wish, as counted from the issues of piscina, workerpool, poolifier, comlink and
 * others: functions, and the errors that they throw. The numbers in parentheses are issues there.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { fromModule, PortabilityError } from "../portable/index.ts";
import { WireError } from "../wire/index.ts";
import type * as tasks from "./fixtures/tasks.ts";
import { StockError } from "./fixtures/tasks.ts";
import type { Future } from "./future.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";
import { toThread } from "./to-thread.ts";

const program = fileURLToPath(new URL("./fixtures/program.ts", import.meta.url));
const binaries = fileURLToPath(new URL("../../../../node_modules/.bin/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "heddle-wishes-"));
after(() => rmSync(folder, { recursive: true }));

function run(command: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env, timeout: 120_000 });
  return { status, stdout, stderr };
}

/** Bundles the program into one file in a folder where there is nothing else, runs it, and gives what that printed. */
function runBundled(...options: string[]): ReturnType<typeof run> {
  const bundle = join(folder, `${options.join("")}.mjs`);
  const always = ["--bundle", "--platform=node", "--format=esm", "--conditions=@heddle/source"];
  const built = run(join(binaries, "esbuild"), program, ...always, ...options, `--outfile=${bundle}`);
  assert.equal(built.status, 0, built.stderr);
  return run(process.execPath, bundle);
}

const printed = { status: 0, stdout: "125 true ann\n", stderr: "" };

describe("The wish for", () => {
  test("1. closures: a function brings its variables, its helpers and its imports along (workerpool #28 #142 #221 #231 #338 #401, piscina #140)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const rate = 0.19;
    const rounded = (amount: number): number => Math.round(amount * 100) / 100;
    const withTax = (net: number): number => rounded(net * (1 + rate));
    const line = (path: string, net: number): string => `${basename(path)}: ${withTax(net)}`;
    assert.equal(await pool.submit(line, "/bills/tea.txt", 7.77), "tea.txt: 9.25");
    const home = threadId;
    assert.equal(await pool.submit(() => threadId === home), false);
  });

  test("2. tasks in .ts files without a build, and bundles that do not lose the worker (piscina #742 #153 #252, workerpool #341 #459)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const { total } = fromModule<typeof tasks>(new URL("./fixtures/tasks.ts", import.meta.url));
    const { thread, text } = await pool.submit(total, { path: "/bills/tea.txt", net: 100 }, 0.25);
    assert.equal(text, "tea.txt: 125");
    assert.notEqual(thread, threadId);
    assert.deepEqual(runBundled(), printed);
    assert.deepEqual(runBundled("--minify"), printed);
  });

  test("3. whole errors: class, name, code, own fields, cause, errors, both stacks (piscina #1143, workerpool #363 #516)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    function takeOut(left: number): never {
      const cause = new AggregateError([new StockError(left), new TypeError("no crate")], "two shelves");
      throw new StockError(left + 1, { cause });
    }
    const error = await pool.submit(takeOut, 1).exception();
    assert(error instanceof StockError);
    assert.equal(error.constructor, StockError);
    const { name, message, code, left, cause } = error;
    assert.deepEqual(
      { name, message, code, left },
      { name: "StockError", message: "only 2 left", code: "ERR_STOCK", left: 2 },
    );
    assert.match(error.stack!, /^StockError: only 2 left\n {4}at takeOut/, "the stack of the worker");
    assert.match(error.stack!, /first submitted[^]*wishes-functions/, "the stack of the caller");
    assert(cause instanceof AggregateError);
    assert.equal(cause.message, "two shelves");
    assert(cause.errors[0] instanceof StockError);
    assert.equal(cause.errors[0].left, 1);
    assert(cause.errors[1] instanceof TypeError);
  });

  test("3. a result that cannot travel to fail its own task, with a clear message, and no worker (piscina #1143, workerpool #363)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const unsendable = pool.submit(() => ({ orders: [{ cache: new WeakMap() }] }));
    const behind = pool.submit(() => threadId);
    await assert.rejects(unsendable.result(), (error) => {
      assert(error instanceof WireError);
      assert.equal(error.path, "result.orders[0].cache");
      assert.match(error.message, /result\.orders\[0\]\.cache.*WeakMap/);
      return true;
    });
    assert.equal(await behind, worker);
  });

  test("13. the types of the function to carry over, with several arguments (piscina #231, poolifier #550)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const repeat = (text: string, times: number, { upper }: { upper: boolean }): string[] =>
      Array<string>(times).fill(upper ? text.toUpperCase() : text);
    const future: Future<string[]> = pool.submit(repeat, "x", 2, { upper: true });
    const lengths: number[] = await pool.map((text: string) => text.length, ["warp", "weft"]).toArray();
    assert.deepEqual(
      [await future, lengths],
      [
        ["X", "X"],
        [4, 4],
      ],
    );
    // A parameter that has a default may be left out, and has its type from the argument where there is one.
    const scaled: Future<number> = pool.submit((n: number, by = 2) => n * by, 3);
    const scaledBy: Future<number> = pool.submit((n: number, by = 2) => n * by, 3, 3);
    const everywhere: Promise<number[]> = pool.broadcast((n: number, by = 2) => n * by, 3);
    const elsewhere: Future<number> = toThread((n: number, by = 2) => n * by, 3);
    const same: Future<number> = pool.submit(<T>(value: T): T => value, 6);
    assert.deepEqual(await Promise.all([scaled, scaledBy, everywhere, elsewhere, same]), [6, 9, [6], 6, 6]);
    // What the compiler refuses; it is not run.
    const refused = async (): Promise<unknown[]> => {
      // @ts-expect-error -- the number is text
      const wrong = pool.submit(repeat, "x", "2", { upper: true });
      // @ts-expect-error -- an argument is missing
      const missing = pool.submit(repeat, "x", 2);
      // @ts-expect-error -- a field is missing
      const field = pool.submit(repeat, "x", 2, {});
      // @ts-expect-error -- the default is a number
      const byDefault = pool.submit((n: number, by = 2) => n * by, 3, "3");
      // @ts-expect-error -- there is one argument too many
      const more = pool.submit((n: number) => n, 3, 3);
      // @ts-expect-error -- the items are numbers
      const items = pool.map((text: string) => text.length, [1, 2]);
      // @ts-expect-error -- the result is an array of texts
      const result: number = await future;
      return [wrong, missing, field, byDefault, more, items, result];
    };
    assert.equal(typeof refused, "function");
  });

  // By vitest, jest and node --test: see portable/runners.threads.test.ts, where each runs the same list of functions.
  test("17. functions to travel from esbuild and tsx with keepNames, and to say why when they do not", async () => {
    assert.deepEqual(runBundled("--keep-names"), printed);
    assert.deepEqual(runBundled("--keep-names", "--minify"), printed);
    const flags = ["--conditions=@heddle/source"];
    assert.deepEqual(run(join(binaries, "tsx"), ...flags, program), printed);

    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    let count = 0;
    const counting = (): number => ++count;
    await assert.rejects(pool.submit(counting).result(), (error) => {
      assert(error instanceof PortabilityError);
      assert.match(error.message, /count/, "the variable");
      assert.match(error.message, /counting/, "the function");
      return true;
    });
  });
});
