import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../setup.mjs";
import { lint } from "./lint.ts";

let tree = "";

before(() => {
  tree = mkdtempSync(join(tmpdir(), "heddle-lint-"));
  const rules = readFileSync(join(root, ".oxlintrc.json"), "utf8");
  writeFileSync(join(tree, ".oxlintrc.json"), rules.replace('"./tools/lint/', `"${root}/tools/lint/`));
});
after(() => rmSync(tree, { recursive: true }));

/** Lints a tree that holds just this file, and gives what it says. */
function lintOf(file: string, code: string): { ok: boolean; output: string } {
  const path = join(tree, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  try {
    return lint(tree);
  } finally {
    rmSync(path);
  }
}

function assertClean(file: string, code: string): void {
  const { ok, output } = lintOf(file, code);
  assert.equal(ok, true, output);
}

function assertRefused(file: string, code: string, message: string | RegExp): void {
  const { ok, output } = lintOf(file, code);
  assert.equal(ok, false, `${file} was accepted:\n${code}`);
  assert.match(output, new RegExp(message));
  assert.match(output, new RegExp(`^${file}:`, "m"));
}

const useAtomics = "export const load = (words: Int32Array): number => Atomics.load(words, 0);\n";

describe("the lint check", () => {
  test("lets the heap name the global Atomics", () =>
    assertClean("packages/heddle/src/heap/words.ts", useAtomics));

  test("refuses Atomics anywhere else, however it is reached", () => {
    for (const file of ["packages/heddle/src/sync/lock.ts", "packages/cli/src/map.ts", "examples/count.ts"]) {
      assertRefused(file, useAtomics, "Only the heap names Atomics");
    }
    for (const code of [
      "export const atomics: unknown = globalThis.Atomics;",
      'export const atomics: unknown = globalThis["Atomics"];',
      "export const { Atomics: atomics } = globalThis;",
      'export const atomics: unknown = Reflect.get(globalThis, "Atomics");',
      "export type Door = typeof Atomics;",
    ]) {
      assertRefused("packages/heddle/src/sync/lock.ts", `${code}\n`, "Only the heap names Atomics");
    }
  });

  test("lets a list of names have Atomics among them", () => {
    assertClean(
      "packages/heddle/src/portable/named/names.ts",
      'export const names: readonly string[] = ["Math", "Atomics"];\n',
    );
  });

  test("refuses a comment that switches the house rules off", () => {
    // In two parts, as this file is linted too.
    const off = ["lint", "disable"].join("-");
    for (const comment of [`// ox${off}-next-line heddle/atomics`, `/* es${off} */`, `// ox${off}-line`]) {
      assertRefused(
        "packages/heddle/src/sync/lock.ts",
        `${comment}\n${useAtomics}`,
        "cannot be switched off",
      );
    }
  });

  test("lets a layer import the layers before it, through their index, and the heap as #heap", () => {
    assertClean(
      "packages/heddle/src/portable/table.ts",
      [
        'import { threadHeap } from "#heap";',
        'import type { Encoder } from "../wire/index.ts";',
        'import { capture } from "./capture/capture.ts";',
        'import { parse } from "acorn";',
        "export const used: [unknown, unknown, unknown, Encoder?] = [threadHeap, capture, parse];",
        "",
      ].join("\n"),
    );
  });

  test("lets the package's index import every layer", () => {
    assertClean(
      "packages/heddle/src/index.ts",
      'export * from "./futures/index.ts";\nexport * from "./wire/index.ts";\n',
    );
  });

  test("refuses a layer above, whichever way it is imported", () => {
    for (const code of [
      'import { submit } from "../futures/index.ts";\nexport const used = submit;',
      'import type { Future } from "../futures/index.ts";\nexport type Used = Future;',
      'export * from "../futures/index.ts";',
      'export type Used = import("../futures/index.ts").Future;',
      'export const used = (): Promise<unknown> => import("../futures/index.ts");',
      'export const used: URL = new URL("../futures/index.ts", import.meta.url);',
    ]) {
      assertRefused("packages/heddle/src/wire/hooks.ts", `${code}\n`, '"wire" may not import "futures"');
    }
    assertRefused("packages/heddle/src/wire/hooks.ts", 'export * from "../index.ts";\n', "stands above it");
    assertRefused(
      "packages/heddle/src/heap/words.ts",
      'export * from "../wire/index.ts";\n',
      '"heap" may not import "wire"',
    );
  });

  test("refuses to look past a layer's index, and the heap by a path", () => {
    assertRefused(
      "packages/heddle/src/portable/a.ts",
      'export * from "../wire/tags.ts";\n',
      "through its index.ts",
    );
    assertRefused(
      "packages/heddle/src/index.ts",
      'export * from "./wire/tags.ts";\n',
      "through its index.ts",
    );
    assertRefused(
      "packages/heddle/src/wire/a.ts",
      'export * from "../heap/index.ts";\n',
      'the heap as "#heap"',
    );
    assertRefused("packages/heddle/src/heap/a.ts", 'export * from "#heap";\n', "import its files relatively");
    assertRefused(
      "packages/heddle/src/wire/a.ts",
      'export * from "heddle/futures";\n',
      "import its layers relatively",
    );
  });

  test("lets a layer's tests look upwards, and nothing published look at tests", () => {
    assertClean("packages/heddle/src/wire/a.test.ts", 'export * from "../futures/index.ts";\n');
    assertRefused(
      "packages/heddle/src/wire/a.ts",
      'export * from "./fixtures/words.ts";\n',
      "imports only what is published",
    );
  });

  test("refuses a folder that is no layer", () => {
    assertRefused("packages/heddle/src/helpers/a.ts", 'export * from "./b.ts";\n', '"helpers" is no layer');
  });

  test("refuses a path from one package into another, or out of them", () => {
    assertRefused(
      "packages/cli/src/map.ts",
      'export * from "../../heddle/src/index.ts";\n',
      'package "heddle" by its name',
    );
    assertRefused(
      "examples/primes.ts",
      'export * from "../packages/heddle/src/index.ts";\n',
      'package "heddle" by its name',
    );
    assertRefused(
      "packages/cli/src/map.ts",
      'export * from "../../../tools/setup.mjs";\n',
      "imports only its own files",
    );
  });

  test("refuses files above 400 lines of code, but not for their comments, and not among tests", () => {
    const long = Array.from({ length: 401 }, (_, index) => `export const name${index} = ${index};\n`).join(
      "",
    );
    assertRefused("packages/heddle/src/wire/long.ts", long, "max-lines");
    assertClean("packages/heddle/src/wire/long.test.ts", long);
    assertClean("packages/heddle/src/wire/told.ts", `${"// Words.\n".repeat(401)}export const name = 1;\n`);
  });

  test("lets only the command print", () => {
    const print = 'console.log("done");\n';
    assertRefused("packages/heddle/src/wire/a.ts", print, "no-console");
    assertClean("packages/cli/src/a.ts", print);
  });

  test("refuses default exports", () => {
    assertRefused("packages/heddle/src/wire/a.ts", "export default 1;\n", "no-default-export");
  });

  test("refuses private in place of #", () => {
    assertRefused("packages/heddle/src/wire/a.ts", "export class A {\n  private a = 1;\n}\n", "Write #name");
    assertClean(
      "packages/heddle/src/wire/a.ts",
      "export class A {\n  #a = 1;\n  a = (): number => this.#a;\n  private constructor() {}\n}\n",
    );
  });

  test("refuses a promise that nobody waits for", () => {
    assertRefused(
      "examples/a.ts",
      "export function a(): void {\n  Promise.resolve(1).finally(a);\n}\n",
      "no-floating-promises",
    );
  });
});
