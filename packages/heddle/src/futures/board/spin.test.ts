/** {@link SpinPolicy}: when a worker looks for work, and when it makes room. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SPIN_LIMIT, SpinPolicy } from "./spin.ts";

const skip = SPIN_LIMIT === 0 && "looking is switched off here";

/** A worker whose core is said to be that of the other side, until it has left it. */
function sharing(canLeave: boolean) {
  const cores = {
    isShared: true,
    asked: 0,
    leave(): boolean {
      cores.asked++;
      if (canLeave) cores.isShared = false;
      return canLeave;
    },
  };
  const policy = new SpinPolicy(true, cores);
  policy.slept();
  return { policy, cores };
}

describe("a worker on the core of whom it waits for", { skip }, () => {
  test("goes to another core, and looks there", () => {
    const { policy, cores } = sharing(true);
    assert(policy.budgetMs(false) > 0);
    assert.deepEqual([cores.asked, cores.isShared], [1, false]);
  });

  test("looks there at once, whatever it has looked for in vain before", () => {
    const { policy } = sharing(true);
    for (let i = 0; i < 8; i++) policy.looked(false);
    assert(policy.budgetMs(false) > 0);
  });

  test("makes room at once where it has to stay, and does not count that as looking in vain", () => {
    const { policy, cores } = sharing(false);
    for (let i = 0; i < 100; i++) assert.equal(policy.budgetMs(false), 0);
    assert(cores.asked >= 1);
    cores.isShared = false;
    assert(policy.budgetMs(false) > 0);
  });

  test("asks for its core only after it has slept, as it is moved when it is woken", () => {
    const { policy, cores } = sharing(true);
    policy.budgetMs(false);
    cores.isShared = true;
    assert(policy.budgetMs(false) > 0);
    assert.equal(cores.asked, 1);
  });
});

describe("a thread whose looks find something", { skip }, () => {
  test("looks longer by what they have saved, and not more than twelve times as long", () => {
    const policy = new SpinPolicy(false);
    const first = policy.budgetMs(false);
    policy.looked(true);
    assert(policy.budgetMs(false) > first);
    for (let i = 0; i < 1000; i++) policy.looked(true);
    assert(policy.budgetMs(false) > 5 * first);
    assert(policy.budgetMs(false) < 12 * first);
  });

  test("looks no longer than before when one has been in vain", () => {
    const policy = new SpinPolicy(false);
    const first = policy.budgetMs(false);
    for (let i = 0; i < 1000; i++) policy.looked(true);
    policy.looked(false);
    assert.equal(policy.budgetMs(false), 0);
    assert.equal(policy.budgetMs(false), first);
  });
});
