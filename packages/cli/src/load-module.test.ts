import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { loadFunction } from "./load-module.ts";

describe("loadFunction()", () => {
  const start = process.cwd();
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-modules-"));
    process.chdir(folder);
    const file = (name: string, text: string): void => writeFileSync(name, text);
    file(
      "typed.ts",
      "export const twice = (n: number): number => n * 2;\nexport default twice;\nexport const limit = 3;\nexport class Box {}\n",
    );
    file("plain.js", "exports.shout = (s) => s + '!';");
    file("one.mjs", "export function only() {}");
    file("none.mjs", "export const x = 1;");
    file("bad.mjs", "export const = 1;");
    file("bad.ts", "const ok = 1;\nlet a: = 1;");
    file("throws.mjs", "throw new Error('at\\nimport');");
    file("missing-import.mjs", "import './not-there.mjs';");
    mkdirSync("common");
    file("common/package.json", '{"type":"commonjs"}');
    file("common/typed.ts", "export const twice = (n: number): number => n * 2;");
    file("common/imports.js", "import 'node:fs';");
    mkdirSync("node_modules/local-package", { recursive: true });
    // A folder is no module, whatever its name.
    mkdirSync("local-package");
    file(
      "node_modules/local-package/package.json",
      '{"name":"local-package","exports":{"import":"./index.mjs"}}',
    );
    file("node_modules/local-package/index.mjs", "export const half = (n) => n / 2;");
  });
  after(() => {
    process.chdir(start);
    rmSync(folder, { recursive: true });
  });

  const refuses = (module: string, exportName: string, message: RegExp): Promise<void> =>
    assert.rejects(loadFunction(module, exportName), {
      name: "CommandError",
      code: "ERR_HEDDLE_USAGE",
      message,
    });

  test("finds exports of .ts, .js and .mjs files, from the current folder", async () => {
    const { url, fn } = await loadFunction("typed.ts", "twice");
    assert.equal(url, pathToFileURL(join(process.cwd(), "typed.ts")).href);
    assert.equal(fn(4, 0), 8);
    assert.equal((await loadFunction("./typed.ts", "default")).fn(4, 0), 8);
    assert.equal((await loadFunction("plain.js", "shout")).fn("a", 0), "a!");
    assert.equal((await loadFunction(join(folder, "one.mjs"), "only")).exportName, "only");
    assert.equal(
      (await loadFunction(pathToFileURL(join(folder, "one.mjs")).href, "only")).exportName,
      "only",
    );
  });

  test("finds packages as a module of the current folder would, and modules of Node", async () => {
    assert.equal((await loadFunction("local-package", "half")).fn(4, 0), 2);
    assert.equal((await loadFunction("node:path", "basename")).url, "node:path");
  });

  test("says that there is no such file, or no such package either", async () => {
    await refuses("nowhere.ts", "f", /^Cannot use nowhere\.ts: no such file$/);
    await refuses("common", "f", /^Cannot use common: it is a directory$/);
    await refuses("./common", "f", /^Cannot use \.\/common: it is a directory$/);
    await refuses("./nowhere", "f", /^Cannot use \.\/nowhere: no such file$/);
    await refuses("nowhere", "f", /^Cannot use nowhere: there is no such file, and no package of that name$/);
  });

  test("names the functions there are when the export is missing or no function", async () => {
    await refuses(
      "typed.ts",
      "twcie",
      /^Cannot use typed\.ts: twcie is missing; it exports default, twice; did you mean typed\.ts#twice\?$/,
    );
    await refuses("typed.ts", "limit", /: limit is a number, not a function; it exports default, twice/);
    await refuses("typed.ts", "Box", /: Box is a class, not a function/);
    await refuses(
      "one.mjs",
      "default",
      /: its default export is missing; it exports only; did you mean one\.mjs#only\?$/,
    );
    await refuses("none.mjs", "default", /: its default export is missing; it exports no function$/);
  });

  test("says what to do where package.json makes an ES module a CommonJS one", async () => {
    for (const [file, name] of [
      ["typed.ts", "typed.mts"],
      ["imports.js", "imports.mjs"],
    ] as const) {
      await refuses(
        `common/${file}`,
        "f",
        new RegExp(
          `^Cannot import common/${file}: \\S+/${file} is written as an ES module, and \\S+/common/package.json says ` +
            `"type": "commonjs"; call it ${name}, or have that say "type": "module"$`,
        ),
      );
    }
  });

  test("says in one line why a module cannot be imported", async () => {
    await refuses(
      "bad.mjs",
      "f",
      /^Cannot import bad\.mjs: SyntaxError: .* \(node --check bad\.mjs shows where\)$/,
    );
    await refuses("bad.ts", "f", /^Cannot import bad\.ts: SyntaxError: .*bad\.ts:2\)$/);
    await refuses("throws.mjs", "f", /^Cannot import throws\.mjs: Error: at import$/);
    await refuses(
      "missing-import.mjs",
      "f",
      /^Cannot import missing-import\.mjs: Error: Cannot find module .*not-there\.mjs/,
    );
  });
});
