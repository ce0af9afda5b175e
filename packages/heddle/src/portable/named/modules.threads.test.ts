import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Project } from "../fixtures/project.ts";

let project: Project;
before(async () => {
  project = await Project.create();
});
after(() => project.remove());

/** Runs a program that prints lines of JSON, and gives them. */
async function linesOf(files: Record<string, string>, main: string, args: string[] = []): Promise<unknown[]> {
  for (const [file, text] of Object.entries(files)) await project.write(file, text);
  const { status, output } = await project.run("node", [...args, main]);
  assert.equal(status, 0, output);
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      return assert.fail(output);
    }
  });
}

const POOL = `
import { ThreadPoolExecutor } from "heddle";
const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
const print = (value) => console.log(JSON.stringify(value));
const failure = (error) => [error.name, error.message];
`;

describe("modules", () => {
  test("that start the program are not run again in a worker", async () => {
    const lines = await linesOf(
      {
        "entry.mjs": `${POOL}
          print("the entry runs");
          export const rate = 2;
          export function times(n) { return n * rate; }
          print(await pool.submit(times, 4));
          print(await pool.submit(() => times(5)));
          await pool.shutdown();`,
      },
      "entry.mjs",
    );
    assert.deepEqual(lines, ["the entry runs", 8, 10]);
  });

  test("that import from the entry module are refused, and the error says what to do", async () => {
    const lines = await linesOf(
      {
        "circle.mjs": `${POOL}
          import { double } from "./inner.mjs";
          export const rate = 2;
          print(await pool.submit(() => double(4)).catch(failure));
          await pool.shutdown();`,
        "inner.mjs": `import { rate } from "./circle.mjs"; export const double = (n) => n * rate;`,
      },
      "circle.mjs",
    );
    const [[name, message]] = lines as [[string, string]];
    assert.equal(name, "PortabilityError");
    assert.match(message, /circle\.mjs, the module that started the program/);
    assert.match(message, /move what it needs from there into a module of its own/);
  });

  test("with top-level await are waited for", async () => {
    const lines = await linesOf(
      {
        "waits.mjs": `${POOL}
          import { late } from "./late.mjs";
          const here = await Promise.resolve(1);
          print(await pool.submit(() => [late, here]));
          await pool.shutdown();`,
        "late.mjs": `export const late = await new Promise((resolve) => setTimeout(resolve, 10, "late"));`,
      },
      "waits.mjs",
    );
    assert.deepEqual(lines, [["late", 1]]);
  });

  test("that fail to load fail the call, with their own error", async () => {
    const lines = await linesOf(
      {
        "fails.mjs": `${POOL}
          import { isMainThread } from "node:worker_threads";
          import { fn } from "./only-here.mjs";
          print(await pool.submit(() => fn()).catch(failure));
          print(await pool.submit(() => 1));
          await pool.shutdown();`,
        "only-here.mjs": `import { isMainThread } from "node:worker_threads";
          if (!isMainThread) throw new RangeError("only on the main thread");
          export const fn = () => 1;`,
      },
      "fails.mjs",
    );
    assert.deepEqual(lines, [["RangeError", "only on the main thread"], 1]);
  });

  test("keep their exported variables live in the worker", async () => {
    const lines = await linesOf(
      {
        "live.mjs": `${POOL}
          import { count, increment } from "./count.mjs";
          print(await pool.submit(() => [count, increment(), count]));
          print(await pool.submit(() => count));
          print(count);
          await pool.shutdown();`,
        "count.mjs": `export let count = 0; export const increment = () => ++count;`,
      },
      "live.mjs",
    );
    assert.deepEqual(lines, [[0, 1, 1], 1, 0]);
  });

  test("lend their closures what they do not export, one copy for all of them", async () => {
    const lines = await linesOf(
      {
        "lend.mjs": `${POOL}
          import { makeAdd, makeList } from "./lends.mjs";
          const [add, list] = [makeAdd(), makeList()];
          await pool.submit(add, "a");
          await pool.submit(add, "b");
          print(await pool.submit(list));
          print(list());
          await pool.shutdown();`,
        "lends.mjs": `const items = []; export const makeAdd = () => (item) => void items.push(item);
          export const makeList = () => () => [...items];`,
      },
      "lend.mjs",
    );
    assert.deepEqual(lines, [["a", "b"], []]);
  });

  test("share what they export with their closures, and with their own functions", async () => {
    const lines = await linesOf(
      {
        "share.mjs": `${POOL}
          import { put, reader } from "./shares.mjs";
          const read = reader();
          await pool.submit(put, "a");
          print(await pool.submit(read));
          print(await pool.submit(() => { put("b"); return read(); }));
          print(read());
          await pool.shutdown();`,
        "shares.mjs": `export const items = []; export let count = 0;
          export function put(item) { items.push(item); count++; }
          export const reader = () => () => [items, count];`,
      },
      "share.mjs",
    );
    assert.deepEqual(lines, [
      [["a"], 1],
      [["a", "b"], 2],
      [[], 0],
    ]);
  });

  test("may export functions without a name", async () => {
    const lines = await linesOf(
      {
        "nameless.mjs": `${POOL}
          import next from "./nameless-next.mjs";
          print([await pool.submit(next), await pool.submit(next), await pool.submit(() => next())]);
          await pool.shutdown();`,
        "nameless-next.mjs": `let n = 0; export default () => ++n;`,
      },
      "nameless.mjs",
    );
    assert.deepEqual(lines, [[1, 2, 3]]);
  });

  test("may be no files: functions travel from text given to Node", async () => {
    await project.write("evaluated.mjs", "let n = 0; export const next = () => ++n;");
    const program = `${POOL}
      import { next } from "./evaluated.mjs";
      import { join } from "node:path";
      const rate = 2;
      print(await pool.submit((n) => [n * rate, next(), next(), join("a", "b")], 3));
      await pool.shutdown();`;
    const run = await project.run("node", ["--input-type=module", "--eval", program]);
    assert.equal(run.output.trim(), '[6,1,2,"a/b"]');
  });

  test("of CommonJS form lend require, module, exports, __filename and __dirname", async () => {
    const lines = await linesOf(
      {
        "form.cjs": `
          const { ThreadPoolExecutor } = require("heddle");
          const { existsSync, readFileSync } = require("node:fs");
          const fs = require("fs");
          const helper = require("./helper.cjs");
          const { bump } = require("./helper.cjs");
          exports.twice = (n) => n * 2;
          const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
          const print = (value) => console.log(JSON.stringify(value));
          async function main() {
            print(await pool.submit(() => [existsSync(__filename), fs.existsSync(__dirname), readFileSync(__filename).length > 0]));
            print(await pool.submit(() => [helper.bump(), bump(), require("./helper.cjs").bump()]));
            print(await pool.submit(() => [exports.twice(2), module.exports.twice(3), module.filename === __filename]));
            print([await pool.submit(bump), await pool.submit(helper.make(3), 1), bump()]);
            print(await pool.submit(function () { return this === globalThis; }));
            await pool.shutdown();
          }
          void main();`,
        "helper.cjs": `let n = 0; const ten = 10; function hidden(x) { return x + ten; }
          exports.bump = () => ++n; exports.make = (a) => (b) => hidden(a) + b;`,
      },
      "form.cjs",
    );
    assert.deepEqual(lines, [[true, true, true], [1, 2, 3], [4, 6, true], [4, 14, 1], true]);
  });

  test("can be named, and are then not loaded by the program itself", async () => {
    const lines = await linesOf(
      {
        "named.mjs": `${POOL}
          import { fromModule } from "heddle";
          const tasks = fromModule(new URL("./tasks.mjs", import.meta.url));
          print(await pool.submit(tasks.where));
          print(await pool.map(tasks.square, [1, 2, 3]).toArray());
          print(await pool.submit(tasks.nothing).catch(failure));
          await pool.shutdown();`,
        "tasks.mjs": `import { isMainThread } from "node:worker_threads";
          if (isMainThread) throw new Error("loaded by the program");
          export const where = () => isMainThread; export const square = (n) => n * n;`,
      },
      "named.mjs",
    );
    assert.deepEqual(lines.slice(0, 2), [false, [1, 4, 9]]);
    assert.match((lines as [string, string][])[2]![1], /exports no function "nothing"/);
  });
});

describe("functions in a pool's workers", () => {
  test("share memory that they capture", async () => {
    const lines = await linesOf(
      {
        "memory.mjs": `${POOL}
          const words = new Int32Array(new SharedArrayBuffer(8));
          const state = { flags: new Uint8Array(words.buffer, 4) };
          await pool.map(() => { Atomics.add(words, 0, 1); state.flags[1] = 7; }, [1, 2, 3]).toArray();
          print([words[0], state.flags[1]]);
          await pool.shutdown();`,
      },
      "memory.mjs",
    );
    assert.deepEqual(lines, [[3, 7]]);
  });

  test("give back closures that work here, and go out again", async () => {
    const lines = await linesOf(
      {
        "back.mjs": `${POOL}
          const rate = 3;
          const times = (n) => n * rate;
          const adder = await pool.submit((a) => (b) => times(a) + b, 2);
          print([adder(1), await pool.submit(adder, 2)]);
          print(await pool.submit(() => times).then((back) => back === times));
          await pool.shutdown();`,
      },
      "back.mjs",
    );
    assert.deepEqual(lines, [[7, 8], true]);
  });

  test("pass functions on to workers of their own", async () => {
    const lines = await linesOf(
      {
        "further.mjs": `${POOL}
          const rate = 3;
          const times = (n) => n * rate;
          print(await pool.submit(async () => {
            const inner = new ThreadPoolExecutor({ maxWorkers: 1 });
            const results = [await inner.submit(times, 2), await inner.submit((n) => times(n) + 1, 2)];
            await inner.shutdown();
            return results;
          }));
          await pool.shutdown();`,
      },
      "further.mjs",
    );
    assert.deepEqual(lines, [[6, 7]]);
  });

  test("fail with stacks that name file, line and column", async () => {
    const lines = await linesOf(
      {
        "stack.mjs": `${POOL}
const fail = () => {
  throw new Error("here");
};
const [there, here] = [await pool.submit(fail).catch((error) => error.stack), (() => { try { fail(); } catch (error) { return error.stack; } })()];
print([there, here].map((stack) => /at fail \\((.*)\\)/.exec(stack)?.[1]));
await pool.shutdown();`,
      },
      "stack.mjs",
    );
    const [[there, here]] = lines as [[string, string]];
    assert.match(here, /stack\.mjs:\d+:\d+$/);
    assert.equal(there, here);
  });

  test("do not spoil the coverage of their files", async () => {
    await linesOf(
      {
        "covered.mjs": `${POOL}
          print(await pool.submit((n) => n + 1, 1));
          await pool.shutdown();`,
      },
      "covered.mjs",
    );
    const run = await project.run("node", ["covered.mjs"], {
      NODE_V8_COVERAGE: `${project.folder}/coverage`,
    });
    assert.equal(run.status, 0, run.output);
    const { output } = await project.run("sh", [
      "-c",
      'cat coverage/*.json | grep -o \'"url":"[^"]*covered.mjs"\' | sort',
    ]);
    const main = `"url":"file://${project.folder}/covered.mjs"`;
    assert.deepEqual(
      output
        .trim()
        .split("\n")
        .filter((url) => url === main),
      [main],
    );
  });
});

test("where the runtime has no inspector, only functions that take nothing from outside travel, and the error says so", async () => {
  const program = `
    const original = process.getBuiltinModule;
    process.getBuiltinModule = (id) => { if (id === "node:inspector") throw new Error("none"); return original(id); };
    const { portable, ThreadPoolExecutor } = await import("heddle");
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const rate = 2;
    const message = (fn) => pool.submit(fn, 3).then(() => "sent", (error) => error.message);
    console.log(JSON.stringify([
      await message((n) => Math.abs(n) + 1),
      await message(portable((n) => n * rate, { captures: { rate } })),
      await message((n) => n * rate),
    ]));
  `;
  const [[alone, explicit, refused]] = (await linesOf({ "none.mjs": program }, "none.mjs")) as [
    [string, string, string],
  ];
  assert.deepEqual([alone, explicit], ["sent", "sent"]);
  assert.match(
    refused,
    /this runtime cannot look into a closure; name what it captures: portable\(fn, \{ captures/,
  );
});
