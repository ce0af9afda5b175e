import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeHooks, TestWire } from "./fixture.test.ts";

const wire = new TestWire();

class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  readonly code = "ERR_TIMEOUT";
  readonly timeoutMs: number;
  constructor(timeoutMs: number) {
    super(`waited ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

class Secretive extends RangeError {
  #secret = 1;
  extra = { a: 1 };
  get secret(): number {
    return this.#secret;
  }
}

function hidden(error: object): string[] {
  return Object.getOwnPropertyNames(error)
    .filter((key) => !Object.keys(error).includes(key))
    .sort();
}

describe("an error", () => {
  for (const type of [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
    test(`that is a ${type.name} comes back whole`, () => {
      const value = Object.assign(new type("what", { cause: new type("why") }), {
        code: "E_X",
        details: { list: [1] },
      });
      const back = wire.send(value);
      assert.equal(Object.getPrototypeOf(back), type.prototype);
      assert.deepStrictEqual(back, value);
      assert.equal(back.stack, value.stack);
      assert.deepEqual(hidden(back), hidden(value));
      assert.ok(Error.isError === undefined || Error.isError(back));
    });
  }

  test("without a message, a cause or a stack comes back without", () => {
    const value = new Error();
    delete value.stack;
    const back = wire.send(value);
    assert.equal(Object.hasOwn(back, "message"), false);
    assert.equal(Object.hasOwn(back, "cause"), false);
    assert.equal(Object.hasOwn(wire.send(new Error("x", { cause: undefined })), "cause"), true);
  });

  test("of a class comes back as that class, without its constructor run", () => {
    const value = new TimeoutError(5);
    const back = wire.send(value);
    assert.ok(back instanceof TimeoutError);
    assert.deepStrictEqual(back, value);
    assert.deepEqual(
      [back.name, back.code, back.timeoutMs, back.message, back.stack],
      ["TimeoutError", "ERR_TIMEOUT", 5, "waited 5 ms", value.stack],
    );
  });

  test("of errors comes back with all of them", () => {
    const same = new TypeError("b");
    const value = new AggregateError([new TimeoutError(1), same, "text"], "all failed", { cause: same });
    const back = wire.send(value);
    assert.ok(back instanceof AggregateError);
    assert.deepStrictEqual(back, value);
    assert.ok(back.errors[0] instanceof TimeoutError);
    assert.equal(back.errors[1], back.cause);
    assert.equal(Object.keys(back).length, 0);
  });

  test("that suppressed another comes back with both", () => {
    const back = wire.send(new SuppressedError(new Error("second"), new RangeError("first"), "x"));
    assert.ok(back instanceof SuppressedError);
    assert.equal((back.error as Error).message, "second");
    assert.ok(back.suppressed instanceof RangeError);
  });

  test("that is a DOMException comes back as one", () => {
    const value = new DOMException("stopped", { name: "AbortError", cause: new Error("why") });
    const back = wire.send(value);
    assert.ok(back instanceof DOMException);
    assert.deepEqual(
      [back.name, back.message, back.code, back.stack],
      ["AbortError", "stopped", DOMException.ABORT_ERR, value.stack],
    );
    assert.equal((back.cause as Error).message, "why");
  });

  test("that Node threw comes back with its code and fields", async () => {
    const { readFileSync } = await import("node:fs");
    let thrown: unknown;
    try {
      readFileSync("/no/such/file");
    } catch (error) {
      thrown = error;
    }
    const back = wire.send(thrown) as NodeJS.ErrnoException;
    assert.deepStrictEqual(back, thrown);
    assert.deepEqual([back.code, back.syscall, back.path], ["ENOENT", "open", "/no/such/file"]);
  });

  test("in a circle with its cause comes back in one", () => {
    const value = new Error("a");
    value.cause = Object.assign(new Error("b"), { errors: [value] });
    const back = wire.send(value);
    assert.equal((back.cause as { errors: unknown[] }).errors[0], back);
  });
});

describe("an error that cannot travel whole", () => {
  test("becomes the built-in class, by the same name", () => {
    const value = new Secretive("x");
    const back = wire.send(value);
    assert.equal(Object.getPrototypeOf(back), RangeError.prototype);
    assert.deepEqual(
      [back.name, back.message, back.stack, back.extra],
      ["Secretive", "x", value.stack, { a: 1 }],
    );
    const named = wire.send(Object.assign(new Secretive("x"), { name: "Own" }));
    assert.equal(named.name, "Own");
  });

  test("keeps name and message that its class computes", () => {
    class Computed extends Error {
      #parts = ["a", "b"];
      override get name(): string {
        return "ComputedError";
      }
      override get message(): string {
        return this.#parts.join();
      }
    }
    const back = wire.send(new Computed());
    assert.deepEqual([back.name, back.message], ["ComputedError", "a,b"]);
  });

  test("has words in place of the fields that cannot", () => {
    const value = Object.assign(new Error("x", { cause: Promise.resolve() }), {
      fine: 1,
      symbol: Symbol("s"),
      work: new WeakMap(),
      fn: Math.max,
      deep: { a: [new WeakRef({})] },
      list: [1, Symbol("s")],
    });
    Object.defineProperty(value, "failing", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const back = wire.send(value) as unknown as Record<string, unknown>;
    assert.deepEqual(
      { ...back },
      {
        fine: 1,
        symbol: "[Symbol(s): cannot travel]",
        work: "[WeakMap: cannot travel]",
        fn: "[function max: cannot travel]",
        deep: "[Object: cannot travel]",
        list: [1, "[Symbol(s): cannot travel]"],
        failing: "[its getter failed]",
      },
    );
    assert.equal(back["cause"], "[Promise: cannot travel]");
  });

  test("keeps those of its errors that can", () => {
    const back = wire.send(new AggregateError([new Error("a"), Promise.resolve(), new Secretive("b")], "x"));
    assert.deepEqual(back.errors.map(String), ["Error: a", "[Promise: cannot travel]", "Secretive: b"]);
  });

  test("arrives even inside a message that cannot be read in one go, with what came before intact", () => {
    const shared = { n: 1 };
    const back = wire.send([
      shared,
      Object.assign(new Error("x"), { bad: [shared, { a: 1 }, Symbol("s")], good: [shared, { a: 1 }] }),
      shared,
      { a: 2 },
    ]);
    const error = back[1] as unknown as { good: unknown[] };
    assert.equal(error.good[0], back[0]);
    assert.equal(back[2], back[0]);
    assert.deepEqual([error.good[1], back[3]], [{ a: 1 }, { a: 2 }]);
  });

  test("arrives with the text around it, however much of it was given up", () => {
    const text = (size: number): string[] => Array.from({ length: size }, (_, i) => `text ${i} `.repeat(10));
    for (const [before, given] of [
      [1, 1],
      [100, 1],
      [50, 300],
      [300, 300],
    ] as const) {
      const error = Object.assign(new Error("x"), {
        bad: { list: [text(given), Symbol("s")] },
        good: "good",
      });
      const value = [text(before), error, "after"];
      const back = wire.send(value);
      assert.deepEqual([back[0], back[2]], [text(before), "after"]);
      const { bad, good } = back[1] as unknown as Record<string, unknown>;
      assert.deepEqual([bad, good], ["[Object: cannot travel]", "good"]);
    }
  });

  test("arrives when it is at the end of a chain of ten thousand causes", () => {
    let value = new Error("0");
    for (let i = 1; i < 10_000; i++) value = new Error(String(i), { cause: value });
    const back = wire.send(value);
    assert.equal(back.message, "9999");
    assert.equal((back.cause as Error).message, "9998");
  });

  test("arrives whatever the getters and proxies in it throw", () => {
    class Computed extends Error {
      #parts = "none";
      override get name(): string {
        throw new Error(this.#parts);
      }
      override get message(): string {
        throw new Error(this.#parts);
      }
    }
    const back = wire.send(new Computed());
    assert.deepEqual([back.name, back.message], ["[its getter failed]", "[its getter failed]"]);

    const revoked = (target: object): object => {
      const { proxy, revoke } = Proxy.revocable(target, {});
      revoke();
      return proxy;
    };
    const failing = (): never => {
      throw new Error("no");
    };
    const unnamed = Object.defineProperties(new WeakMap(), {
      constructor: { get: failing },
      [Symbol.toStringTag]: { get: failing },
    });
    const value = Object.assign(new Error("x"), {
      object: revoked({}),
      fn: revoked(() => 1),
      list: revoked([]),
      watched: new Proxy([1], { get: failing }),
      unnamed,
    });
    assert.deepEqual(Object.fromEntries(Object.entries(wire.send(value))), {
      object: "[Proxy: cannot travel]",
      fn: "[Proxy: cannot travel]",
      list: "[Proxy: cannot travel]",
      watched: "[Proxy: cannot travel]",
      unnamed: "[Object: cannot travel]",
    });
  });

  test("arrives as a DOMException whatever somebody has put in place of its name and message", () => {
    const value = Object.defineProperties(new DOMException("m", "AbortError"), {
      name: { value: 5 },
      message: {
        get: () => {
          throw new Error("no");
        },
      },
    });
    const back = wire.send([value, Object.create(DOMException.prototype) as DOMException, { after: 1 }]);
    assert.ok(back[0] instanceof DOMException && back[1] instanceof DOMException);
    assert.deepEqual([back[0].name, back[0].message, back[2]], [5, "[its getter failed]", { after: 1 }]);
  });

  test("arrives when its class can be neither named nor found", () => {
    const nameless = Object.setPrototypeOf(
      new TypeError("x"),
      Object.create(TypeError.prototype),
    ) as TypeError;
    const bare = Object.setPrototypeOf(new TypeError("y"), null) as TypeError;
    assert.deepEqual([wire.send(nameless).message, wire.send(bare).message], ["x", "y"]);
    assert.ok(wire.send(nameless) instanceof TypeError);
  });
});

test("FakeHooks refuse what real ones do", () => {
  assert.throws(() => new FakeHooks().publishFunction(Secretive, "x"));
});
