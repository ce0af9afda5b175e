/** Proxies that come from other threads and processes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NotLoadedError } from "../wire/index.ts";
import { freshAddress } from "../workers/net/index.ts";
import { redeem } from "./arrivals.ts";
import type { RemoteTicket } from "./tickets.ts";

/** Of a manager that is gone. */
function staleTicket(): RemoteTicket {
  return { door: { address: `unix:${freshAddress("gone")}`, key: "00" }, token: crypto.randomUUID() };
}

/** What is to be awaited before a ticket is read again. */
function readyOf(ticket: RemoteTicket): Promise<unknown> {
  try {
    redeem(ticket);
  } catch (error) {
    if (error instanceof NotLoadedError) return error.ready;
    throw error;
  }
  throw new Error("It was there already");
}

describe("A proxy that cannot be had", () => {
  test("says why to who reads it again, and is tried for anew after that", async () => {
    const ticket = staleTicket();
    await readyOf(ticket);
    assert.throws(() => redeem(ticket), { code: "ERR_HEDDLE_MANAGER_CLOSED" });
    await readyOf(ticket);
    assert.throws(() => redeem(ticket), { code: "ERR_HEDDLE_MANAGER_CLOSED" });
  });

  test("is forgotten if nobody reads it again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const ticket = staleTicket();
    await readyOf(ticket);
    t.mock.timers.tick(5000);
    await readyOf(ticket);
    assert.throws(() => redeem(ticket), { code: "ERR_HEDDLE_MANAGER_CLOSED" });
  });
});
