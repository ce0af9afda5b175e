import assert from "node:assert/strict";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Context, contextToKeep, currentContext, goIn, OUTSIDE, runIn, surroundings } from "./index.ts";

const WITHOUT_FRAMES = "--no-async-context-frame";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const contextOf = (value: number): Context =>
  new Context(undefined, undefined, { name: "test.context", value, before: undefined });

describe("a context", () => {
  test("is that of what is called in it, awaits in it, and is called back from it", async () => {
    const context = contextOf(1);
    const seen: boolean[] = [];
    const look = (): number => seen.push(currentContext() === context);
    await runIn(context, async () => {
      look();
      await turn();
      look();
      await new Promise<void>((resolve) => void setTimeout(() => resolve(void look()), 0));
      await new Promise<void>((resolve) => process.nextTick(() => resolve(void look())));
      queueMicrotask(look);
      new AsyncResource("test").runInAsyncScope(look);
      await turn();
    });
    assert.deepEqual(seen, new Array(6).fill(true));
    assert.equal(currentContext(), OUTSIDE);
  });

  test("is left whatever the body does", () => {
    const context = contextOf(1);
    assert.throws(() => runIn(context, () => assert.fail("thrown")), /thrown/);
    assert.equal(currentContext(), OUTSIDE);
    runIn(context, () => {
      runIn(contextOf(2), () => {});
      assert.equal(currentContext(), context);
    });
  });

  test("and the values of other storages do not disturb each other, however they nest", async () => {
    const [one, two] = [new AsyncLocalStorage<string>(), new AsyncLocalStorage<string>()];
    const context = contextOf(1);
    await one.run("one", () =>
      runIn(new Context(undefined, undefined, context.values), async () => {
        const inner = currentContext();
        assert.equal(one.getStore(), "one");
        await two.run("two", async () => {
          await turn();
          assert.deepEqual([one.getStore(), two.getStore()], ["one", "two"]);
          assert.equal(currentContext(), inner);
          one.exit(() => assert.deepEqual([one.getStore(), two.getStore()], [undefined, "two"]));
          one.enterWith("other");
          assert.equal(currentContext(), inner);
          await turn();
          assert.deepEqual([one.getStore(), two.getStore()], ["other", "two"]);
        });
        assert.deepEqual([one.getStore(), two.getStore()], ["one", undefined]);
        assert.equal(currentContext(), inner);
      }),
    );
    assert.deepEqual([one.getStore(), two.getStore()], [undefined, undefined]);
    assert.equal(currentContext(), OUTSIDE);
  });

  test("may be made later, with what other storages held before", () => {
    const storage = new AsyncLocalStorage<string>();
    const around = storage.run("then", surroundings);
    const context = new Context(undefined, undefined, undefined, around);
    storage.run("now", () => {
      runIn(context, () => assert.deepEqual([currentContext(), storage.getStore()], [context, "then"]));
      assert.equal(storage.getStore(), "now");
    });
  });

  test("is one of many that a loop calls in, each with its own", async () => {
    const contexts = [1, 2, 3].map(contextOf);
    const seen: unknown[] = [];
    await Promise.resolve().then(() => {
      for (const context of contexts) {
        goIn(context, (value) => void turn().then(() => seen.push(value, currentContext())), context);
      }
    });
    await turn();
    await turn();
    assert.deepEqual(
      seen,
      contexts.flatMap((context) => [context, context]),
    );
  });

  test(
    "that is kept has what other storages hold when it is kept",
    { skip: process.execArgv.includes(WITHOUT_FRAMES) },
    () => {
      const storage = new AsyncLocalStorage<string>();
      const context = contextOf(1);
      const kept = runIn(context, () => storage.run("inner", contextToKeep));
      assert.equal(kept.values, context.values);
      runIn(kept, () => assert.equal(storage.getStore(), "inner"));
      assert.equal(runIn(context, contextToKeep), context);
    },
  );
});

test(
  "contexts and tasks are the same where Node keeps no frames",
  { skip: process.execArgv.includes(WITHOUT_FRAMES) },
  () => {
    const files = ["context.test.ts", "context-var.test.ts", "../tasks/task-group-edges.test.ts"];
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        WITHOUT_FRAMES,
        "--conditions=@heddle/source",
        "--test",
        ...files.map((file) => fileURLToPath(new URL(file, import.meta.url))),
      ],
      { env: { ...process.env, NODE_TEST_CONTEXT: undefined }, encoding: "utf8" },
    );
    assert.equal(status, 0, stdout);
  },
);
