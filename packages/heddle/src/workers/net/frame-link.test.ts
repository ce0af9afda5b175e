import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { links } from "./fixtures/links.ts";

/** More than a socket takes before it says that there is no room. */
const LONG = new Uint8Array(2 ** 20);

/** What is written and not read keeps the program alive. */
async function linksFor(t: TestContext): Promise<Awaited<ReturnType<typeof links>>> {
  const both = await links();
  t.after(() => {
    both.server.destroy();
    both.client.destroy();
  });
  return both;
}

describe("FrameLink.drained()", () => {
  test("has many wait for room without a warning of Node, and lets all go on", async (t) => {
    const { server, client } = await linksFor(t);
    server.limitBytes = LONG.length;
    const { socket } = client;
    const count = (): number => socket.listenerCount("drain") + socket.listenerCount("close");
    const before = count();
    for (let round = 0; round < 2; round++) {
      assert.equal(client.send(LONG), false);
      const waiting = Array.from({ length: 50 }, () => client.drained());
      assert.equal(count(), before + 2);
      assert.equal((await server.next()).length, LONG.length);
      await Promise.all(waiting);
      assert.equal(count(), before);
    }
  });

  test("lets all who wait go on when the link is over", async (t) => {
    const { client } = await linksFor(t);
    assert.equal(client.send(LONG), false);
    const waiting = Array.from({ length: 50 }, () => client.drained());
    client.destroy();
    await Promise.all(waiting);
  });
});
