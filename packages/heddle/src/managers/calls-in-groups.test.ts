/** Calls of remote objects in a group that is cancelled. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ContextVar } from "../scopes/index.ts";
import { sleep, taskGroup } from "../tasks/index.ts";
import { Manager, type Remote } from "./index.ts";

class Gate {
  #open!: () => void;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));
  passed = 0;

  async pass(): Promise<number> {
    await this.#opened;
    return ++this.passed;
  }
  get opened(): Promise<void> {
    return this.#opened;
  }
  open(): void {
    this.#open();
  }
  async *passes(): AsyncGenerator<string> {
    yield "before";
    await this.#opened;
    yield "after";
  }
}

/** Calls who listens. */
class Bell {
  async ring(listener: (word: string) => Promise<string>): Promise<string> {
    return await listener("dong");
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const manager = await Manager.start();
after(() => manager.shutdown());

describe("in a group that is cancelled", () => {
  const waits: Record<string, (gate: Remote<Gate>) => PromiseLike<unknown>> = {
    "a call": (gate) => gate.pass(),
    "a property": (gate) => gate.opened,
  };
  for (const [name, begin] of Object.entries(waits)) {
    test(`${name} of a remote object throws the reason, and goes on where it runs`, async () => {
      const gate = await manager.create(Gate);
      await taskGroup(async (group) => {
        const task = group.spawn(async () => await begin(gate));
        void begin(gate).then(undefined, () => {});
        await turn();
        assert.equal(task.done, false);
        group.cancel("stop");
        await turn();
        assert.ok(task.cancelled, "it still waits");
        await assert.rejects(
          async () => await gate.open(),
          (error) => error === "stop",
        );
      });
      await gate.open();
      if (name === "a call") while ((await gate.passed) < 2) await turn();
    });
  }

  test("a stream of a remote object throws the reason, and loses nothing", async () => {
    const gate = await manager.create(Gate);
    const stream = (await gate.passes())[Symbol.asyncIterator]();
    assert.deepEqual(await stream.next(), { value: "before", done: false });
    await taskGroup(async (group) => {
      const task = group.spawn(() => stream.next());
      await turn();
      group.cancel("stop");
      await turn();
      assert.ok(task.cancelled, "it still waits");
    });
    await gate.open();
    assert.deepEqual(await stream.next(), { value: "after", done: false });
  });

  test("a manager that was started there still calls functions here", async () => {
    const user = new ContextVar("test.manager", "nobody");
    const started: Manager[] = [];
    await user.run("ann", () =>
      taskGroup(async (group) => {
        started.push(await Manager.start());
        group.cancel("stop");
      }),
    );
    await using late = started[0]!;
    const bell = await late.create(Bell);
    const listener = async (word: string): Promise<string> => {
      await sleep(0);
      return `${word} for ${user.get()}`;
    };
    assert.equal(await bell.ring(listener), "dong for nobody");
  });
});
