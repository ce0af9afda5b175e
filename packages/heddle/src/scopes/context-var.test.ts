import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ContextVar } from "./index.ts";

describe("ContextVar", () => {
  test("gives what the nearest run bound, to what it awaits as well, and its initial value elsewhere", async () => {
    const user = new ContextVar("test.user", "nobody");
    const seen = await user.run("ann", async () => {
      await Promise.resolve();
      const inner = user.run("bob", () => user.get());
      return [user.get(), inner];
    });
    assert.deepEqual(seen, ["ann", "bob"]);
    assert.equal(user.get(), "nobody");
  });

  test("keeps several variables apart", () => {
    const [one, two] = [new ContextVar<number>("test.one"), new ContextVar<number>("test.two")];
    one.run(1, () => two.run(2, () => assert.deepEqual([one.get(), two.get()], [1, 2])));
  });

  test("may be bound to undefined", () => {
    const variable = new ContextVar<string | undefined>("test.undefined", "set");
    variable.run(undefined, () => assert.equal(variable.get(), undefined));
  });

  test("of one name is one variable", () => {
    new ContextVar<number>("test.same").run(7, () => {
      assert.equal(new ContextVar<number>("test.same").get(), 7);
    });
  });

  test("throws where nothing is bound and there is no initial value", () => {
    assert.throws(() => new ContextVar("test.unbound").get(), /"test.unbound".*run\(\)/);
  });

  test("refuses a name that is no string, and a body that is no function", () => {
    assert.throws(() => new ContextVar(3 as never), TypeError);
    assert.throws(() => new ContextVar("test.body").run(1, 2 as never), TypeError);
  });
});
