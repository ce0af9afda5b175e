/** {@link Process} with a function that is text and data: it begins without the toolkit, and nobody sees that but by the clock. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { heapFor } from "../../heap/fixtures/processes.ts";
import { until } from "../../heap/fixtures/until.ts";
import { ContextVar } from "../../scopes/index.ts";
import { Event } from "../../sync/index.ts";
import { fileURLToPath } from "node:url";
import { Process } from "./process.ts";

const url = (path: string): string => new URL(path, import.meta.url).href;
const scopes = url("../../scopes/index.ts");

const missing: string = "./none.ts";
const { max } = Math;
const longText = "warp".repeat(100);
const counts = { calls: 0 };
const count = (): number => ++counts.calls;
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

/** Whether this process has mapped a heap, as whatever has joined one has. */
const hasJoined = (): boolean => readFileSync("/proc/self/maps", "utf8").includes("/dev/shm/");

describe("a process whose function is text and data", () => {
  test("runs it without joining a heap", async () => {
    assert.equal(await new Process(hasJoined).start().result, false);
  });

  test("joins its owner's for what is more than that", async () => {
    const started = new Process((bytes: Uint8Array) => [hasJoined(), bytes[0]], {
      args: [Uint8Array.of(2)],
    }).start();
    assert.deepEqual(await started.result, [true, 2]);
  });

  const values: Record<string, unknown> = {
    nothing: undefined,
    numbers: [0, -0, 1.5, NaN, Infinity],
    text: ["ä \ud800 経糸", '{"":"-0"}', ""],
    objects: { z: { y: [null, true] }, 1: { x: undefined }, n: 10n },
    "maps, sets and dates": new Map([[{ a: 1 }, new Set([new Date(7)])]]),
    "what is more than data": { bytes: Buffer.from("weft"), pattern: /weft/g },
    "what stands in two places": (() => {
      const one = { a: 1 };
      return [one, one];
    })(),
    much: "weft ".repeat(20_000),
  };
  for (const [what, value] of Object.entries(values)) {
    test(`takes and gives ${what}`, async () => {
      const given = await new Process((sent: unknown) => [sent], { args: [value] }).start().result;
      assert.deepEqual(given, [value]);
    });
  }

  test("gives what is more than data, though it was given no more", async () => {
    const made = new Process(() => [longText, Uint8Array.of(1)]).start();
    assert.deepEqual(await made.result, [longText, Uint8Array.of(1)]);
  });

  test("has what the function captures: functions in a circle, data that two of them change, what Node has", async () => {
    const body = (n: number): unknown[] => [
      count(),
      isEven(n),
      isOdd(n),
      counts.calls,
      max(n, 3),
      longText.length,
    ];
    assert.deepEqual(await new Process(body, { args: [4] }).start().result, [1, true, false, 1, 4, 400]);
    assert.equal(counts.calls, 0);
  });

  test("gives functions that its function has captured as what they are at home", async () => {
    const given = await new Process(() => [isEven, { isOdd }] as const).start().result;
    assert.equal(given[0], isEven);
    assert.equal(given[1].isOdd, isOdd);
  });

  test("gives functions that were made in it, with all that they use", async () => {
    const made = new Process((n: number) => () => [n, isEven(n), count()], { args: [3] }).start();
    assert.deepEqual((await made.result)(), [3, false, 1]);
  });

  test("gives what it throws as the error that it is", async () => {
    const torn = new Process(
      (at: number) => {
        throw Object.assign(new RangeError("torn", { cause: [at] }), { at });
      },
      { args: [-0] },
    ).start();
    await assert.rejects(torn.result, (error: RangeError & { at: number }) => {
      assert(error instanceof RangeError);
      assert.deepEqual([error.message, error.at, error.cause], ["torn", -0, [-0]]);
      return true;
    });
    assert.equal(torn.exitCode, 1);
  });

  test("has told what its function gave before anything else happens in it", async () => {
    const hasty = new Process(() => {
      setImmediate(() => process.exit(3));
      return Uint8Array.of(1);
    }).start();
    assert.deepEqual(await hasty.result, Uint8Array.of(1));
    assert.equal(hasty.exitCode, 3);
  });

  test("is interrupted where it has imported the toolkit, before that and after it", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-plain-"));
    context.after(() => rmSync(folder, { recursive: true }));
    for (const isBefore of [true, false]) {
      const mark = join(folder, String(isBefore));
      const started = new Process(async () => {
        const { throwIfCancelled } = await import("../../scopes/index.ts");
        writeFileSync(mark, "");
        for (;;) {
          throwIfCancelled();
          await new Promise((resolve) => setImmediate(resolve));
        }
      }).start();
      if (!isBefore) await until(() => existsSync(mark));
      const reason = new RangeError("enough");
      started.interrupt(reason);
      await assert.rejects(started.result, (error) => error === reason);
    }
  });

  test("is interrupted where the toolkit has come by other ways", async () => {
    const started = new Process(
      (path: string) => {
        const { throwIfCancelled } = process.getBuiltinModule("node:module").createRequire(path)(path) as {
          throwIfCancelled: () => void;
        };
        for (;;) throwIfCancelled();
      },
      { args: [fileURLToPath(scopes)] },
    ).start();
    const reason = new RangeError("enough");
    started.interrupt(reason);
    await assert.rejects(started.result, (error) => error === reason);
  });

  test("imports what its function imports, as the module does that it stands in", async () => {
    const body = async (): Promise<unknown[]> => {
      const { readFileSync } = await import("node:fs");
      const { UnreadError } = await import("../fixtures/unread.ts");
      return [typeof readFileSync, UnreadError.name, await import(missing).catch((error) => error.code)];
    };
    assert.deepEqual(await new Process(body).start().result, [
      "function",
      "UnreadError",
      "ERR_MODULE_NOT_FOUND",
    ]);
  });

  test("has the values of context variables where it has imported the toolkit", async () => {
    const colour = new ContextVar("process.test.colour", "none");
    const body = async (): Promise<unknown> => {
      const { ContextVar } = await import("../../scopes/index.ts");
      return new ContextVar("process.test.colour", "none").get();
    };
    const started = colour.run("madder", () => new Process(body).start());
    assert.equal(await started.result, "madder");
  });

  describe("in a program of several modules", () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-plain-"));
    after(() => rmSync(folder, { recursive: true }));
    const files = {
      "work.mjs": `
        import { readFileSync } from "node:fs";
        export const hasJoined = () => readFileSync("/proc/self/maps", "utf8").includes("/dev/shm/");`,
      "old.cjs": `exports.old = () => "old";`,
      "toolkit.mjs": `export { currentContext } from ${JSON.stringify(scopes)}; export * from "./work.mjs";`,
      "home.mjs": `import "./main.mjs"; export const home = 1;`,
      "main.mjs": `
        import { Process } from ${JSON.stringify(url("./process.ts"))};
        import { hasJoined } from "./work.mjs";
        import { old } from "./old.cjs";
        import * as toolkit from "./toolkit.mjs";
        const say = async (body) => console.log(JSON.stringify(await new Process(body).start().result.catch((e) => e.message)));
        await say(() => [hasJoined(), old()]);
        await say(hasJoined);
        await say(async () => (await import("./work.mjs")).hasJoined());
        await say(() => [toolkit.hasJoined(), toolkit.currentContext().scope !== undefined]);
        await say(async () => (await import("./home.mjs")).home);
        await say(async () => (await import("./main.mjs")).home);`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

    test("loads those that its function uses, the toolkit with those that import it, and never the program", () => {
      const flags = [...process.execArgv, join(folder, "main.mjs")];
      const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
      const [uses, is, imports, withToolkit, home, main] = stdout.trim().split("\n");
      assert.deepEqual(
        [uses, is, imports, withToolkit],
        ['[false,"old"]', "false", "false", "[true,true]"],
        stderr,
      );
      assert.match(
        home!,
        /it imports \.\/main\.mjs, the module that started the program, which no worker runs again/,
      );
      assert.match(main!, /it imports \.\/main\.mjs, the module that started the program/);
    });
  });

  test("has not been started where its function cannot travel, and is nothing that the program has to do with", () => {
    const program = `
      import { Process } from ${JSON.stringify(url("./process.ts"))};
      let count = 0;
      try { new Process(() => count++).start(); } catch (error) { console.log(error.name); }`;
    const flags = [...process.execArgv, "--input-type=module", "-e", program];
    const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
    assert.deepEqual([status, stdout, stderr], [0, "PortabilityError\n", ""]);
  });

  test("uses what is in a shared heap", async (context) => {
    const heap = heapFor(context);
    const event = new Event({ heap });
    await new Process(() => event.set()).start().result;
    assert.equal(event.isSet, true);
  });

  test("sees neither its orders nor a cache that the program has not asked for", async () => {
    const seen = new Process(() => [
      process.argv.length,
      Object.keys(process.env).filter((name) => /COMPILE_CACHE/.test(name)),
    ]).start();
    const asked = Object.keys(process.env).filter((name) => /COMPILE_CACHE/.test(name));
    assert.deepEqual(await seen.result, [2, asked]);
  });

  test("is in the scope of its owner where a flag of Node has loaded the toolkit before", () => {
    const preload = `data:text/javascript,import { throwIfCancelled } from ${JSON.stringify(scopes)};globalThis.look=throwIfCancelled;`;
    const program = `
      import { Process } from ${JSON.stringify(url("./process.ts"))};
      const started = new Process(() => { for (;;) look(); }).start();
      started.interrupt(new RangeError("enough"));
      await started.result.catch((error) => console.log(error.message));`;
    const flags = [...process.execArgv, "--import", preload, "--input-type=module", "-e", program];
    assert.equal(spawnSync(process.execPath, flags, { encoding: "utf8" }).stdout, "enough\n");
  });
});
