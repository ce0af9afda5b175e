import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { scriptAt, type Constancy, type Script } from "./script.ts";

const folder = mkdtempSync(join(tmpdir(), "heddle-script-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function scriptOf(source: string, extension = "mjs"): Script {
  const path = join(folder, `${files++}.${extension}`);
  writeFileSync(path, source);
  const script = scriptAt(path);
  assert.ok(script !== undefined, `not understood: ${source}`);
  return script;
}

describe("what a script imports and exports", () => {
  test("is known by local name, whatever form it has", () => {
    const { imports } = scriptOf(`
      import a, { b, c as d, default as e, "odd name" as f } from "./x.mjs";
      import * as g from "node:fs";
      import h from "./data.json" with { type: "json" };
      import "./effect.mjs";`);
    assert.deepEqual(
      [...imports].map(([local, { specifier, imported, attributes }]) => [
        local,
        specifier,
        imported,
        attributes?.["type"],
      ]),
      [
        ["a", "./x.mjs", "default", undefined],
        ["b", "./x.mjs", "b", undefined],
        ["d", "./x.mjs", "c", undefined],
        ["e", "./x.mjs", "default", undefined],
        ["f", "./x.mjs", "odd name", undefined],
        ["g", "node:fs", "*", undefined],
        ["h", "./data.json", "default", "json"],
      ],
    );
  });

  test("has the exported name for each local name", () => {
    const { exports } = scriptOf(`
      export const a = 1, { b, c: [d] } = x;
      export function e() {} export class F {}
      const g = 1; export { g as h };
      export default function i() {}
      export { j } from "./other.mjs";`);
    assert.deepEqual(Object.fromEntries(exports), {
      a: "a",
      b: "b",
      d: "d",
      e: "e",
      F: "F",
      g: "h",
      i: "default",
    });
  });

  test("is known for TypeScript, where types are no imports", () => {
    const { imports, exports } = scriptOf(
      `import type { T } from "./t.ts"; import { type U, v } from "./u.ts"; export const x: T = v as U;`,
      "ts",
    );
    assert.deepEqual([...imports.keys()], ["v"]);
    assert.deepEqual([...exports.keys()], ["x"]);
  });

  test("is known for TypeScript that has to be transformed", () => {
    const { imports, exports } = scriptOf(
      `import type { T } from "./t.ts";
import v, { type U, w as x } from "./u.ts";
import {
  y,
} from "./y.ts";
import * as z from './z.ts'
enum E { A }
export async function a() {}
export default class B {}
export enum C { D }
export type F = T;`,
      "ts",
    );
    assert.deepEqual([...imports.keys()], ["v", "x", "y", "z"]);
    assert.deepEqual(Object.fromEntries(exports), { a: "a", B: "default", C: "C" });
  });
});

describe("whether a binding keeps its value", () => {
  const table: [source: string, name: string, constancy: Constancy][] = [
    ["const x = 1; MARK", "x", "constant"],
    ["let x = 1; MARK", "x", "constant"],
    ["let x = 1; x = 2; MARK", "x", "changes"],
    ["let x; x = 2; MARK", "x", "changes"],
    ["let x = 1; function f() { x++; } MARK", "x", "changes"],
    ["let x = 1; function f() { let x = 2; x++; } MARK", "x", "constant"],
    ["let x = 1; [x] = [2]; MARK", "x", "changes"],
    ["let x = 1; for (x of []); MARK", "x", "changes"],
    ["var x = 1; MARK", "x", "constant once defined"],
    ["var x = 1; var x = 2; MARK", "x", "changes"],
    ["for (;;) { var x = 1; MARK }", "x", "changes"],
    ["for (;;) { const x = 1; MARK }", "x", "constant"],
    ["for (let x = 0; x < 1; x++) { MARK }", "x", "changes"],
    ["for (const x of y) { MARK }", "x", "constant"],
    ["function x() {} MARK", "x", "constant"],
    ["function x() {} x = 1; MARK", "x", "changes"],
    ["class x {} MARK", "x", "constant"],
    ["function f(x) { MARK }", "x", "constant"],
    ["function f(x) { x = 1; MARK }", "x", "changes"],
    ["try {} catch (x) { MARK }", "x", "constant"],
    ["import x from 'y'; MARK", "x", "changes"],
    ["const x = 1; eval('x = 2'); MARK", "x", "changes"],
    ["MARK", "x", "changes"],
  ];
  for (const [source, name, constancy] of table) {
    test(`is known where the function stands: ${source}`, () => {
      const marked = source.replace("MARK", "(() => x);");
      const script = scriptOf(marked);
      assert.equal(script.constancy(name, marked.indexOf("() => x")), constancy);
    });
  }

  test("is only believed of names where something else was run", () => {
    const script = scriptOf(
      "const a = 1; let b = 2; b = 3; { const c = 1; } function f() { let c = 1; c++; }",
    );
    assert.equal(script.constancy("a", undefined), "constant once defined");
    assert.equal(script.constancy("b", undefined), "changes");
    assert.equal(script.constancy("c", undefined), "changes");
    assert.equal(script.constancy("helperOfTheLoader", undefined), "changes");
  });
});

describe("Script", () => {
  test("finds where a text stands, if that is what was run", () => {
    const script = scriptOf("const a = () => 1;\n  const b = () => 1;\n");
    const location = { scriptId: "1", line: 1, column: 12 };
    assert.equal(script.locate("() => 1", location), 31);
    assert.deepEqual(script.positionOf(31), { line: 1, column: 12 });
    assert.equal(script.locate("() => 2", location), undefined);
    assert.equal(script.locate("() => 1", { ...location, line: 7 }), undefined);
  });

  test("tells strict code from sloppy code", () => {
    const script = scriptOf(
      `function a() { "use strict"; (() => 1); } function b() { (() => 2); } class C { m() { (() => 3); } }`,
      "cjs",
    );
    assert.equal(script.isStrictAt(script.source.indexOf("() => 1")), true);
    assert.equal(script.isStrictAt(script.source.indexOf("() => 2")), false);
    assert.equal(script.isStrictAt(script.source.indexOf("() => 3")), true);
    assert.equal(scriptOf("export {}; (() => 1);").isStrictAt(12), true);
  });

  test("says on which line a name is declared", () => {
    const script = scriptOf("\n\nlet x = 1;\n{ let y; }\n");
    assert.equal(script.lineOf("x", 0), 3);
    assert.equal(script.lineOf("y", undefined), 4);
    assert.equal(script.lineOf("z", 0), undefined);
  });
});

test("scriptAt() gives nothing for what has no source, or one that is not understood", () => {
  assert.equal(scriptAt(""), undefined);
  assert.equal(scriptAt("node:fs"), undefined);
  assert.equal(scriptAt(join(folder, "missing.mjs")), undefined);
  const broken = join(folder, "broken.mjs");
  writeFileSync(broken, "const = ;");
  assert.equal(scriptAt(broken), undefined);
});
