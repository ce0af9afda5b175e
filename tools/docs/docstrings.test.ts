import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { docstringFaults } from "./docstrings.ts";

let folder = "";
before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-docstrings-"))));
after(() => rmSync(folder, { recursive: true }));

/** The faults of a package whose files are `files`, its index among them. */
function faults(name: string, files: Readonly<Record<string, string>>): string[] {
  const repository = join(folder, name);
  const settings = { name: "loom", exports: { ".": { "@heddle/source": "./src/index.ts" } } };
  for (const [file, text] of Object.entries({ ...files, "../package.json": JSON.stringify(settings) })) {
    const path = join(repository, "packages/loom/src", file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return docstringFaults(repository);
}

describe("the check of the docstrings", () => {
  test("passes on this repository", () => {
    assert.deepEqual(docstringFaults(), []);
  });

  test("fails on an exported function without one, through every kind of export", () => {
    const bare = "export function bare(): void {}\n";
    for (const [name, index] of [
      ["named", 'export { bare } from "./a.ts";'],
      ["all", 'export * from "./a.ts";'],
      ["imported", 'import { bare } from "./a.ts";\nexport { bare };'],
    ] as const) {
      assert.deepEqual(faults(name, { "index.ts": index, "a.ts": bare }), [
        "packages/loom/src/a.ts:1: bare of loom has no docstring",
      ]);
    }
    assert.deepEqual(faults("direct", { "index.ts": bare }), [
      "packages/loom/src/index.ts:1: bare of loom has no docstring",
    ]);
  });

  test("fails on a type, an interface and a value without one", () => {
    const text = "export type A = 1;\nexport interface B {}\nexport const C: number = 1;\n";
    assert.deepEqual(
      faults("kinds", { "index.ts": text }).map((fault) => fault.replace(/.*: (\w) .*/, "$1")),
      ["A", "B", "C"],
    );
  });

  test("fails on a public method without one, also of a base that is not exported itself", () => {
    const text = `
class Base {
  /** Told. */
  told(): void {}
  untold(): void {}
}
/** A loom. */
export class Loom extends Base {
  /** How many. */
  get size(): number { return 1; }
  #hidden(): void {}
  weave(): void {}
}
`;
    assert.deepEqual(faults("methods", { "index.ts": text }), [
      "packages/loom/src/index.ts:12: Loom.weave of loom has no docstring",
      "packages/loom/src/index.ts:5: Loom.untold of loom has no docstring",
    ]);
  });

  test("takes what an interface or a base class says of a method", () => {
    const text = `
interface Weaving {
  /** Weaves. */
  weave(): void;
}
/** A loom. */
export class Loom implements Weaving {
  weave(): void {}
  // A loom is quick.
}
`;
    assert.deepEqual(faults("inherited", { "index.ts": text }), []);
  });

  test("asks for nothing where the language says it all", () => {
    const text = `
/** A loom. */
export class Loom {
  constructor(size: number) {}
  [Symbol.dispose](): void {}
}
`;
    assert.deepEqual(faults("plain", { "index.ts": text }), []);
  });
});
