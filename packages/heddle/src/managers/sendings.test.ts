/** What managers keep for those to whom a proxy was sent. */
import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";
import { Sendings } from "./sendings.ts";

describe("Objects whose proxies are on their way", () => {
  test("are kept for as long as a hold lasts, and longer if they are sent again", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const sendings = new Sendings();
    const object = {};
    sendings.hold("token", object);
    t.mock.timers.tick(59_999);
    assert.equal(sendings.kept, 1);
    sendings.hold("token", object);
    t.mock.timers.tick(59_999);
    assert.equal(sendings.kept, 1);
    t.mock.timers.tick(1);
    assert.equal(sendings.kept, 0);
  });

  test("can be claimed for as long as they live", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const sendings = new Sendings();
    const object = {};
    sendings.hold("token", object);
    t.mock.timers.tick(60_000);
    assert.equal(sendings.kept, 0);
    assert.equal(await sendings.claim("token"), object);
  });

  test("are waited for by a claim that is there before", async () => {
    const sendings = new Sendings();
    const claims = [sendings.claim("token"), sendings.claim("token")];
    const object = {};
    sendings.hold("token", object);
    assert.deepEqual(await Promise.all(claims), [object, object]);
  });

  test("are refused when nobody has told of them for long", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const claim = new Sendings().claim("token");
    mock.timers.tick(10_000);
    mock.timers.reset();
    await assert.rejects(claim, { code: "ERR_HEDDLE_REMOTE_RELEASED" });
  });

  test("are refused at once when their manager is shut down", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const sendings = new Sendings();
    const claims = [sendings.claim("token"), sendings.claim("token")];
    sendings.clear();
    for (const claim of claims) await assert.rejects(claim, { code: "ERR_HEDDLE_MANAGER_CLOSED" });
  });
});
