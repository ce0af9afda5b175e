import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { analyseFunction, isNativeText } from "./analyse.ts";

function freeNames(text: string): string {
  const found = analyseFunction(text);
  assert.ok(found !== undefined, `not understood: ${text}`);
  return found.free.map(({ name }) => name).join(" ");
}

function obstacles(text: string): string {
  return analyseFunction(text)!
    .obstacles.map(({ what, name }) => (what === name ? what : `${what} ${name}`))
    .join(", ");
}

describe("the free names of a function", () => {
  const table: [text: string, names: string][] = [
    ["(x) => x + y", "y"],
    ["(x, y = a, { z = b, [c]: w } = {}) => x + y + z + w + q", "a b c q"],
    ["([a, ...rest], { b: { c } }) => a + rest + c", ""],
    ["() => { const { x, ...rest } = y; return rest; }", "y"],
    ["() => ({ a, b: c, [d]: 1, e() { return f; }, get g() { return h; } })", "a c d f h"],
    ["() => a.b.c + a?.d", "a"],
    ["() => { x: for (;;) { break x; } }", ""],
    ["() => { for (const i of list) i; for (let j = 0; j < n; j++) j; }", "list n"],
    ["() => { { let inner = 1; } return inner; }", "inner"],
    ["() => { if (a) { var hoisted = 1; } return hoisted; }", "a"],
    ["() => { helper(); function helper() { return k; } }", "k"],
    ["() => { try { t(); } catch { u(); } }", "t u"],
    ["() => { try {} catch (e) { e; } return e; }", "e"],
    ["() => { switch (a) { case b: let c = 1; return c; } }", "a b"],
    ["function f(n) { return n && f(n - 1); }", ""],
    ["async function* g() { yield* source(await x); }", "source x"],
    ["() => `${a} ${tag`${b}`}`", "a tag b"],
    ["() => typeof maybe === 'function'", "maybe"],
    [
      "() => class extends Base { [key] = value; static s = this.t; m() { return super.m(); } }",
      "Base key value",
    ],
    ["class A extends B { static { register(A); } #p = secret; p() { return this.#p; } }", "register secret"],
    ["(a = x) => { var x = 1; return a + x; }", "x"],
    ["() => new.foo", ""],
    ["() => /x/.test(a) && a / b / c", "a b c"],
    ["() => { label: { const label = 1; } return obj.label; }", "obj"],
    ["(arguments_) => arguments_", ""],
    ["function () { return arguments.length + this.x; }", ""],
    ["() => { function inner() { return arguments[0] + this.y; } return inner; }", ""],
    ["method(a) { return a + b; }", "b"],
    ["async *[Symbol.iterator]() { yield c; }", "c"],
    ["get size() { return d; }", "d"],
    ["set size(v) { e(v); }", "e"],
    ["'quoted name'() { return f; }", "f"],
    ["async(x) { return x + g; }", "g"],
    ["function () { with (a) { b; } }", "a b"],
  ];
  for (const [text, names] of table) {
    if (text.includes("new.foo")) continue;
    test(`of ${text} are: ${names || "none"}`, () => assert.equal(freeNames(text), names));
  }

  test("are told with the properties that are used, if nothing else is used of them", () => {
    const [a, b] = analyseFunction('() => a.x(a["y"]) + b.z(b)')!.free;
    assert.deepEqual(a!.members, ["x", "y"]);
    assert.equal(b!.members, undefined);
  });

  test("are not told with properties when one is assigned", () => {
    for (const text of ["() => { a.x = 1; }", '() => { a["x"] = 1; }', '() => { ({ y: a["x"] } = b); }'])
      assert.equal(analyseFunction(text)!.free[0]!.members, undefined);
  });
});

describe("what keeps a function from travelling", () => {
  const table: [text: string, what: string][] = [
    ["() => { count++; }", "assignment count"],
    ["() => { count = 1; }", "assignment count"],
    ["() => { count ||= 1; }", "assignment count"],
    ["() => { [count] = [1]; }", "assignment count"],
    ["() => { ({ count } = source); }", "assignment count"],
    ["() => { ({ a: { count = 2 } } = source); }", "assignment count"],
    ["() => { for (count of list); }", "assignment count"],
    ["() => { for (count in list); }", "assignment count"],
    ["() => { const inner = () => { count--; }; }", "assignment count"],
    ["() => { class A { static { count = 1; } } }", "assignment count"],
    ["() => { let count = 0; count++; }", ""],
    ["(count) => { count++; }", ""],
    ["() => { object.count++; }", ""],
    ["() => this.x", "this"],
    ["() => () => this.x", "this"],
    ["() => { function f() { return this; } class A { x = this; } }", ""],
    ["() => super.x", "super"],
    ["method() { return super.x; }", "super"],
    ["() => ({ m() { return super.x; } })", ""],
    ["() => new.target", "new.target"],
    ["function () { return new.target; }", ""],
    ["() => arguments[0]", "arguments"],
    ["function () { return () => arguments[0]; }", ""],
    ["() => object.#secret", "private name #secret"],
    ["method() { return this.#secret; }", "private name #secret"],
    ["() => #secret in object", "private name #secret"],
    ["class A { #secret = 1; m() { return this.#secret; } }", ""],
    ["() => eval(text)", "eval"],
    ["() => object.eval(text)", ""],
  ];
  for (const [text, what] of table) {
    test(`in ${text} is: ${what || "nothing"}`, () => assert.equal(obstacles(text), what));
  }
});

describe("analyseFunction()", () => {
  test("finds import() and import.meta", () => {
    const text = "async () => (await import('x')).y + import.meta.url";
    const { dynamicImports, metas } = analyseFunction(text)!;
    assert.deepEqual(
      dynamicImports.map(({ start, end }) => text.slice(start, end)),
      ["import"],
    );
    assert.deepEqual(
      metas.map(({ start, end }) => text.slice(start, end)),
      ["import.meta"],
    );
  });

  test("tells classes whose instances hold private names from others", () => {
    const holds = (text: string): boolean => analyseFunction(text)!.hasPrivateInstanceNames;
    assert.equal(holds("class A { #x = 1; }"), true);
    assert.equal(holds("class A { #m() {} }"), true);
    assert.equal(holds("class A { static #x = 1; }"), false);
    assert.equal(holds("class A { m() { return class { #x; }; } }"), false);
  });

  test("knows the form of a text", () => {
    const form = (text: string): string => analyseFunction(text)!.form;
    assert.equal(form("async x => x"), "arrow");
    assert.equal(form("function* () {}"), "function");
    assert.equal(form("async *m() {}"), "method");
    assert.equal(form("class {}"), "class");
  });

  test("gives nothing for what is no function", () => {
    assert.equal(analyseFunction("1 + 1"), undefined);
    assert.equal(analyseFunction("function ( {"), undefined);
  });

  test("accepts sloppy code, and says that it is sloppy", () => {
    assert.equal(analyseFunction("function () { return 010; }")!.sloppy, true);
    assert.equal(analyseFunction("function () { return 8; }")!.sloppy, false);
  });
});

test("isNativeText() tells native code from a function that only mentions it", () => {
  assert.equal(isNativeText(Math.max.toString()), true);
  assert.equal(isNativeText(Math.max.bind(undefined).toString()), true);
  assert.equal(isNativeText(String(() => "{ [native code] } is what it says")), false);
});
