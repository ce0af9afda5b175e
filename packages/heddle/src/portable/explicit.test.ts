import assert from "node:assert/strict";
import type * as Path from "node:path";
import { describe, test } from "node:test";
import { fromModule, portable } from "./explicit.ts";
import { here, send } from "./fixtures/two-tables.ts";
import type * as Recent from "./recent-map.ts";

class Point {
  x = 1;
}

describe("portable()", () => {
  test("gives back the function itself", () => {
    const fn = (n: number) => n;
    assert.equal(portable(fn), fn);
    assert.equal(portable(fn, { captures: {} }), fn);
  });

  test("takes captures by name, not from the closure", async () => {
    const rate = 2;
    const fn = portable((n: number) => n * rate, { captures: { rate: 10 } });
    assert.equal(fn(1), 2);
    assert.equal((await send(fn))(1), 10);
  });

  test("reads the captures at each submission", async () => {
    const captures = { rate: 1 };
    const rate = 0;
    const fn = portable((n: number) => n * rate, { captures });
    assert.equal((await send(fn))(2), 2);
    captures.rate = 5;
    assert.equal((await send(fn))(2), 10);
  });

  test("takes functions and classes among the captures", async () => {
    const captures = { helper: (n: number) => n + 1, Base: Point };
    const helper = (n: number) => n;
    const Base = Object;
    const fn = portable((n: number) => [helper(n), new Base().constructor.name], { captures });
    assert.deepEqual((await send(fn))(1), [2, "Point"]);
  });

  test("refuses a function that uses a name that is not among them", () => {
    const missing = 1;
    const fn = portable(() => missing, { captures: {} });
    assert.throws(() => here.publish(fn), {
      name: "PortabilityError",
      variable: "missing",
      message: /uses "missing", which is not among its captures/,
    });
  });

  test("refuses what cannot travel in any way", () => {
    let count = 0;
    const fn = portable(() => void count++, { captures: { count } });
    assert.throws(() => here.publish(fn), { name: "PortabilityError", variable: "count" });
  });

  test("lets import.meta and import() be those of the module that says so", async () => {
    const fn = portable(async () => [import.meta.url, (await import("./explicit.ts")).portable.name], {
      captures: {},
    });
    assert.deepEqual(await (await send(fn))(), [import.meta.url, "portable"]);
  });

  test("refuses what is no function, and options that it does not know", () => {
    assert.throws(() => portable(3 as never), {
      name: "TypeError",
      message: "Cannot make something portable: 3 is not a function",
    });
    const fn = (): number => 1;
    assert.throws(
      () => portable(fn, { capture: {} } as never),
      /the option capture of portable\(\): this release knows captures/,
    );
    assert.throws(
      () => portable(fn, { captures: [fn] as never }),
      /captures must be an object such as \{ rate \}/,
    );
    assert.throws(() => portable(fn, null as never), /its options must be an object such as/);
  });
});

describe("fromModule()", () => {
  test("gives functions that other threads take from the module", async () => {
    const { basename } = fromModule<typeof Path>("node:path");
    assert.equal((await send(basename))("/a/b"), "b");
    const { RecentMap } = fromModule<typeof Recent>(new URL("./recent-map.ts", import.meta.url));
    const Sent = await send(RecentMap);
    assert.equal(new Sent<number, number>(3).set(1, 2), undefined);
  });

  test("takes the name of a built-in module with and without its prefix", async () => {
    assert.equal((await send(fromModule<typeof Path>("path").basename))("/a/b"), "b");
  });

  test("gives what can be the result of an asynchronous function", async () => {
    const path = await Promise.resolve(fromModule<typeof Path>("node:path"));
    assert.equal(path.join.name, "join");
  });

  test("gives what cannot be captured as a whole, and says what to do", () => {
    const path = fromModule<typeof Path>("node:path");
    assert.throws(() => here.publish(() => path.join("a", "b")), {
      name: "PortabilityError",
      variable: "path",
      message: /it is all that fromModule\(\) gives of a module; take what is used out of it before/,
    });
  });

  test("gives what is no text and no number, says what to do, and leaves no promise behind", async (t) => {
    const stray = t.mock.fn();
    process.on("unhandledRejection", stray);
    t.after(() => process.off("unhandledRejection", stray));
    const path: unknown = fromModule<typeof Path>("node:path");
    const message =
      /^Cannot make a text or a number of module node:path: it is all that fromModule\(\) gives of a module; take/;
    assert.throws(() => `path: ${path as string}`, { name: "TypeError", message });
    assert.throws(() => Number(path), { name: "TypeError", message });
    assert.equal(JSON.stringify({ path }), '{"path":{}}');
    // Handles of what is not there fail after this one has loaded the module.
    const { join, nothing } = path as { join: typeof Path.join; nothing: () => unknown };
    await assert.rejects(async () => await nothing(), TypeError);
    assert.equal(await Promise.resolve(join("a", "b")), "a/b");
    await new Promise(setImmediate);
    assert.equal(stray.mock.callCount(), 0);
  });

  test("gives the same handle each time", () => {
    const path = fromModule<typeof Path>("node:path");
    assert.equal(path.join, path.join);
    assert.equal(path.join.name, "join");
  });

  test("gives handles that import the module here when they are called here", async () => {
    const { join } = fromModule<typeof Path>("node:path");
    // oxlint-disable-next-line typescript/await-thenable -- a handle is asynchronous whatever it stands for
    assert.equal(await join("a", "b"), "a/b");
  });

  test("refuses what is no name of a module", () => {
    for (const [name, why] of [
      [5, /from 5: it is neither a URL nor a string$/],
      [undefined, /from undefined: it is neither/],
      ["", /its name is empty$/],
    ] as const) {
      assert.throws(() => fromModule(name as never), { name: "TypeError", message: why });
    }
  });

  test("refuses a relative name, which could mean any module", () => {
    assert.throws(() => fromModule("./recent-map.ts"), {
      name: "TypeError",
      message: /it is relative; write new URL\("\.\/recent-map\.ts", import\.meta\.url\)/,
    });
    assert.throws(() => fromModule("acorn"), {
      name: "TypeError",
      message: /it may be another package elsewhere; write import\.meta\.resolve\("acorn"\)/,
    });
  });

  test("says so when the module exports no such function", async () => {
    const { nothing } = fromModule<{ nothing: () => void }>("node:path");
    const message =
      /^Cannot call nothing: module node:path exports no function "nothing"; those it exports are .*basename/;
    await assert.rejects(send(nothing), { name: "TypeError", message });
    // oxlint-disable-next-line typescript/await-thenable -- a handle is asynchronous whatever it stands for
    await assert.rejects(async () => await nothing(), { name: "TypeError", message });
  });
});
