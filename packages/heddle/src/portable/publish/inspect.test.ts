import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspector, type Variables } from "./inspect.ts";

const looking = inspector()!;
const moduleVariable = { its: "value" };

function variable(scopes: readonly Variables[], name: string): unknown {
  return scopes.find((scope) => Object.hasOwn(scope, name))?.[name];
}

describe("Inspector.inspect()", () => {
  test("gives the live values of the scopes, innermost first", () => {
    const local = { a: 1 };
    const make = (parameter: string) => {
      const inner = new Map();
      return () => [inner, parameter, local, moduleVariable];
    };
    const fn = make("given");
    const { scopes } = looking.inspect(fn);
    assert.equal(variable(scopes, "inner"), fn()[0]);
    assert.equal(variable(scopes, "parameter"), "given");
    assert.equal(variable(scopes, "local"), local);
    assert.equal(variable(scopes, "moduleVariable"), moduleVariable);
  });

  test("gives each closure of a loop its own variables", () => {
    const fns = [1, 2].map((n) => () => n);
    assert.deepEqual(
      fns.map((fn) => variable(looking.inspect(fn).scopes, "n")),
      [1, 2],
    );
  });

  test("gives variables that are not initialised as ones that throw when read", () => {
    const fn = () => late;
    const { scopes } = looking.inspect(fn);
    assert.throws(() => variable(scopes, "late"), ReferenceError);
    const late = 1;
    assert.equal(fn(), late);
  });

  test("gives where the text stands", () => {
    const { location } = looking.inspect(() => 1);
    assert.equal(looking.scriptUrl(location!.scriptId), import.meta.url);
    assert.equal(location!.line, Number(/inspect\.test\.ts:(\d+)/.exec(new Error("line").stack!)![1]) - 3);
  });

  test("takes bound functions apart", () => {
    const target = function (this: unknown, ..._args: unknown[]): unknown {
      return this;
    };
    const self = { self: 1 };
    const { bound, location } = looking.inspect(target.bind(self, 1, -0, undefined, 2n));
    assert.deepEqual(bound, { target, self, args: [1, -0, undefined, 2n] });
    assert.equal(bound.target, target);
    assert.equal(bound.self, self);
    assert.equal(location, undefined);
  });

  test("gives nothing for native functions", () => {
    assert.deepEqual(looking.inspect(Math.max), { location: undefined, scopes: [], bound: undefined });
  });
});

test("Inspector.scopeKinds() tells modules from closures", () => {
  const local = 1;
  assert.deepEqual(
    looking.scopeKinds(() => local),
    ["Closure", "Module", "Global"],
  );
  assert.deepEqual(looking.scopeKinds(() => moduleVariable).slice(-2), ["Module", "Global"]);
});

test("Inspector.scriptUrl() finds scripts that are not on the stack", async () => {
  const { analyseFunction } = await import("../text/analyse.ts");
  const { location } = looking.inspect(analyseFunction);
  assert.equal(looking.scriptUrl(location!.scriptId), new URL("../text/analyse.ts", import.meta.url).href);
  assert.equal(looking.scriptUrl("no such script"), "");
});

test("inspecting leaves nothing on the global object", () => {
  const before = Reflect.ownKeys(globalThis);
  looking.inspect(() => 1);
  assert.deepEqual(Reflect.ownKeys(globalThis), before);
});
