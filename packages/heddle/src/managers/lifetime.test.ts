import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { enter } from "./connect.ts";
import { Manager, type Remote } from "./index.ts";
import { behindProxy } from "./proxies.ts";
import { HOLD_MS } from "./sendings.ts";
import { ROOT } from "./things.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

class Thing {
  value = 1;
  call<R>(callback: (value: number) => R): R {
    return callback(this.value);
  }
}

/** Collects garbage until something holds. */
async function collectUntil(holds: () => boolean): Promise<void> {
  while (!holds()) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("Proxies of a manager", () => {
  test("let go of their objects when they are collected, and of callbacks on the other side", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    const kept = await client.create(Thing);
    await (async () => {
      const dropped = await Promise.all(Array.from({ length: 20 }, () => client.create(Thing)));
      for (const thing of dropped) assert.equal(await thing.call((value) => value + 1), 2);
      assert.equal(server.statistics().lent, 21);
    })();
    await collectUntil(() => server.statistics().lent === 1 && client.statistics().lent === 0);
    assert.equal(await kept.value, 1);
  });

  test("that come again while their collection is being told are not let go of", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    await server.register("thing", new Thing());
    await (async () => {
      for (let round = 0; round < 50; round++) {
        const thing = await client.get<Thing>("thing");
        assert.equal(await thing.value, 1);
        if (round % 5 === 0) collect();
      }
    })();
    await collectUntil(() => client.statistics().borrowed === 0);
    await collectUntil(() => server.statistics().lent === 0);
  });

  test("that others were served through are let go of when those have let go", async (t) => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let thing: Remote<Thing> | undefined = await client.create(Thing);
    const { door, token } = behindProxy(thing)!.issue(thing, true)!;
    thing[Symbol.dispose]();
    thing = undefined;
    const session = await enter(door);
    let other = (await session.call(ROOT, ["claim"], [token])) as Remote<Thing> | undefined;
    // Nothing but that one has it any more.
    t.mock.timers.tick(HOLD_MS);
    collect();
    assert.equal(await other!.value, 1);
    assert.equal(server.statistics().lent, 1);
    other = undefined;
    await collectUntil(() => server.statistics().lent === 0);
    session.close();
  });
});
