import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { links } from "./fixtures/links.ts";
import { type Credentials, introduce, welcome } from "./handshake.ts";

const REFUSED = { name: "AuthenticationError", code: "ERR_HEDDLE_AUTHENTICATION" };

function withKey(key: string, purpose = "test"): Credentials {
  return { key: Buffer.from(key), purpose };
}

async function meet(servers: Credentials, clients: Credentials): Promise<PromiseSettledResult<void>[]> {
  const { server, client } = await links();
  const outcomes = await Promise.allSettled([welcome(server, servers), introduce(client, clients)]);
  server.destroy();
  client.destroy();
  return outcomes;
}

describe("welcome() and introduce()", () => {
  test("succeed on both sides with the same key, an empty one too", async () => {
    for (const key of ["secret", ""]) {
      const outcomes = await meet(withKey(key), withKey(key));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["fulfilled", "fulfilled"],
      );
    }
  });

  test("fail on both sides with another key, or the same key for something else", async () => {
    for (const other of [withKey("Secret"), withKey(""), withKey("secret", "other")]) {
      for (const outcome of await meet(withKey("secret"), other)) {
        assert.equal(outcome.status, "rejected");
        assert.equal((outcome.reason as Error).name, REFUSED.name);
      }
    }
  });

  test("a server that does not have the key is not believed, though it lets everybody in", async () => {
    const { server, client } = await links();
    const introducing = introduce(client, withKey("secret"));
    server.send(Buffer.from("HDL1"), Buffer.alloc(32));
    await server.next();
    server.send(Uint8Array.of(1), Buffer.alloc(32));
    await assert.rejects(() => introducing, REFUSED);
    server.destroy();
  });

  test("a client that sends the server's own challenge and proof back is refused", async () => {
    // The attacker asks a client of the real server for a proof about the nonce that the server gave to himself.
    const attacked = await links();
    const lured = await links();
    const welcoming = assert.rejects(() => welcome(attacked.server, withKey("secret")), REFUSED);
    const luring = assert.rejects(() => welcome(lured.server, withKey("secret")), REFUSED);
    const nonce = Buffer.from(await attacked.client.next()).subarray(4);
    await lured.client.next();
    // Two servers: what one proves, as the server, is no proof of a client.
    lured.client.send(nonce, Buffer.alloc(32));
    const answer = await lured.client.next();
    assert.deepEqual([...answer], [0]);
    attacked.client.send(nonce, nonce);
    await welcoming;
    await luring;
    for (const link of [attacked.client, lured.client]) link.destroy();
  });

  test("a proof that was given once is none for the next conversation", async () => {
    const first = await links();
    const welcoming = welcome(first.server, withKey("secret"));
    const tapped = await links();
    const introducing = introduce(tapped.client, withKey("secret"));
    tapped.server.send(await first.client.next());
    const proof = await tapped.server.next();
    first.client.send(proof);
    await welcoming;
    tapped.server.send(await first.client.next());
    await introducing;
    const second = await links();
    const again = welcome(second.server, withKey("secret"));
    await second.client.next();
    second.client.send(proof);
    await assert.rejects(() => again, REFUSED);
    for (const { server, client } of [first, tapped, second]) {
      server.destroy();
      client.destroy();
    }
  });

  test("what is no handshake at all is refused", async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(64),
      Buffer.alloc(63),
      Buffer.from("GET / HTTP/1.1"),
    ]) {
      const { server, client } = await links();
      const welcoming = welcome(server, withKey("secret"));
      client.send(bytes);
      await assert.rejects(() => welcoming, REFUSED);
      client.destroy();
    }
    const { server, client } = await links();
    const welcoming = welcome(server, withKey("secret"));
    client.socket.write(Buffer.from([255, 255, 255, 255]));
    await assert.rejects(() => welcoming, { code: "ERR_HEDDLE_FRAME_TOO_LONG" });
    client.destroy();
  });
});
