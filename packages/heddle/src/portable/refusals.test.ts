/* oxlint-disable typescript/unbound-method, typescript/no-implied-eval -- functions are sent without their objects */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { PortabilityError } from "./errors.ts";
import { here, send } from "./fixtures/two-tables.ts";

let count = 0;

/** Why a function, or a message with functions in it, cannot be sent. */
function refusal(what: Function | object): PortabilityError {
  try {
    if (typeof what === "function") here.publish(what);
    else here.encode(what);
  } catch (error) {
    assert.ok(error instanceof PortabilityError, String((error as Error).stack));
    return error;
  }
  return assert.fail(`it was sent: ${typeof what}`);
}

describe("PortabilityError", () => {
  test("says which function, which variable, where it was declared, why, and what to write instead", () => {
    const error = refusal(function increment() {
      count++;
    });
    assert.equal(error.code, "ERR_HEDDLE_NOT_PORTABLE");
    assert.equal(error.functionName, 'function "increment"');
    assert.equal(error.variable, "count");
    assert.match(error.boundAt!, /refusals\.test\.ts:\d+$/);
    assert.match(error.reason, /assigns to "count", which it captures/);
    assert.match(error.remedy, /return the new value/);
    assert.equal(
      error.message,
      `Cannot send function "increment" to another thread or process: ${error.reason} (${error.boundAt}); ${error.remedy}`,
    );
  });

  test("names the function that was to travel when one that it needs cannot", () => {
    const helper = (): void => void count++;
    const task = (): void => helper();
    const error = refusal(task);
    assert.equal(error.functionName, 'function "helper"');
    assert.equal(error.neededBy, 'function "task"');
    assert.match(
      error.message,
      /^Cannot send function "helper" to another thread or process, which function "task" needs: /,
    );
  });

  test("says where the function stood in what was to travel", () => {
    const error = refusal({ callbacks: [() => void count++] });
    assert.equal(error.path, "value.callbacks[0]");
    assert.match(
      error.message,
      /^Cannot send an anonymous function \(value\.callbacks\[0\]\) to another thread or process: /,
    );
  });

  test("leaves nothing behind: the function can be sent when what stopped it is gone", async () => {
    const config: { server?: unknown; port: number } = { server: createServer(), port: 1 };
    const read = () => config.port;
    refusal(read);
    delete config.server;
    assert.equal((await send(read))(), 1);
  });

  test("names the variable and the path to a value that cannot travel", () => {
    const config = { items: [{ server: createServer() }] };
    const error = refusal(() => config.items.length);
    assert.equal(error.variable, "config");
    assert.match(error.message, /captured variable "config" cannot travel, as config\.items\[0\]\.server/);
    assert.match(error.boundAt!, /refusals\.test\.ts:\d+$/);
  });
});

describe("functions that cannot travel", () => {
  class Base {
    greet(): string {
      return "hi";
    }
  }
  class Holder extends Base {
    rate = 2;
    #secret = 1;
    arrow = (): number => this.rate;
    makeArrow(): () => number {
      return () => this.rate;
    }
    superArrow(): () => string {
      return () => super.greet();
    }
    peek(other: Holder): number {
      return other.#secret;
    }
  }
  const holder = new Holder();
  const table: [what: string, fn: () => Function, message: RegExp][] = [
    ["an arrow that uses `this`", () => holder.makeArrow(), /arrow function that uses `this`/],
    ["an arrow in a field that uses `this`", () => holder.arrow, /arrow function that uses `this`/],
    ["an arrow that uses `super`", () => holder.superArrow(), /uses `super`/],
    [
      "a method that uses `super`",
      () =>
        ({
          m(): string {
            return super.toString();
          },
        }).m,
      /uses `super`/,
    ],
    [
      "an arrow that uses `new.target`",
      () =>
        new (function (this: { fn: Function }) {
          this.fn = () => new.target;
        } as unknown as new () => { fn: Function })().fn,
      /`new\.target`/,
    ],
    [
      "an arrow that uses `arguments` of the function around it",
      () =>
        (function (_x: number) {
          return () => arguments[0] as unknown;
        })(1),
      /`arguments`/,
    ],
    ["a function that uses a private name of a class", () => holder.peek, /private name "#secret"/],
    ["a Proxy", () => new Proxy(() => 1, {}), /it is a Proxy/],
    [
      "a function that calls eval",
      () =>
        (text: string): unknown =>
          // oxlint-disable-next-line no-eval -- what is refused
          eval(text),
      /calls `eval`/,
    ],
    ["a native function without a name", () => Promise.withResolvers().resolve, /native code with no name/],
    ["a native function that holds something", () => new Intl.Collator().compare, /native code with no name/],
    [
      "a captured Proxy, of which no trap is called",
      () => {
        const fail = (): never => assert.fail("a trap was called");
        const watched = new Proxy({ a: 1 }, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
        return () => watched.a;
      },
      /"watched" cannot travel: it is a Proxy/,
    ],
    [
      "a captured Proxy of a function, of which no trap is called",
      () => {
        const fail = (): never => assert.fail("a trap was called");
        const watched = new Proxy(() => 1, { get: fail, has: fail });
        return () => watched();
      },
      /it is a Proxy/,
    ],
    [
      "a captured server",
      () => {
        const server = createServer();
        return () => server.listening;
      },
      /"server" cannot travel/,
    ],
    [
      "a captured WeakMap",
      () => {
        const map = new WeakMap();
        return () => map;
      },
      /"map" cannot travel/,
    ],
    [
      "a captured promise",
      () => {
        const promise = Promise.resolve(1);
        return () => promise;
      },
      /"promise" cannot travel/,
    ],
    [
      "a captured port",
      () => {
        const { port1 } = new MessageChannel();
        port1.close();
        return () => port1;
      },
      /"port1" holds something that moves/,
    ],
    [
      "a captured value deep inside",
      () => {
        const deep = { list: [new WeakSet()] };
        return () => deep;
      },
      /deep\.list\[0\]/,
    ],
    [
      "a bound function whose `this` cannot travel",
      () =>
        function (this: unknown) {
          return this;
        }.bind(new WeakMap()),
      /"this" cannot travel/,
    ],
    [
      "a class whose base cannot travel",
      () => {
        class Base {
          static ref = new WeakMap();
          x = 1;
        }
        return class Derived extends Base {};
      },
      /class "Base".*class "Derived" needs/,
    ],
  ];
  for (const [what, fn, message] of table) {
    test(`are refused with the reason: ${what}`, () => assert.match(refusal(fn()).message, message));
  }
});

test("a variable that has no value yet is refused with the reason, and sent once it has one", async () => {
  const read = (): number => late;
  assert.match(refusal(read).message, /"late" is not initialised yet/);
  const late = 1;
  assert.equal((await send(read))(), 1);
});

test("a function made by new Function travels as long as it takes nothing from outside", async () => {
  assert.equal(
    (await send(new Function("a", "b", "return a + b") as (a: number, b: number) => number))(1, 2),
    3,
  );
  const Async = (async () => {}).constructor as FunctionConstructor;
  assert.equal(await (await send(new Async("a", "return await a")))(2), 2);
  const inner = (await send(new Function("a", "return () => a")))(3) as () => number;
  assert.equal((await send(inner))(), 3);
});
