import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../setup.mjs";
import { codeFaults } from "./codes.ts";

const ERROR = `export class LateError extends Error {
  readonly code = "ERR_HEDDLE_LATE";
  readonly help: string = helpOn(this.code);
}
`;

let folder = "";
before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-codes-"))));
after(() => rmSync(folder, { recursive: true }));

function faults(name: string, source: string, page: string): string[] {
  const repository = join(folder, name);
  for (const [file, text] of [
    ["packages/a/src/errors.ts", source],
    ["docs/troubleshooting.md", page],
  ] as const) {
    mkdirSync(dirname(join(repository, file)), { recursive: true });
    writeFileSync(join(repository, file), text);
  }
  return codeFaults(repository);
}

describe("the check of the error codes", () => {
  test("passes on this repository", () => {
    assert.deepEqual(codeFaults(root), []);
  });

  test("passes where each code has its entry", () => {
    assert.deepEqual(faults("good", ERROR, "# T\n\n## ERR_HEDDLE_LATE\n\nToo late.\n"), []);
  });

  test("fails on a code without an entry, and names its file", () => {
    assert.deepEqual(faults("missing", ERROR, "# T\n"), [
      'docs/troubleshooting.md has no entry "## ERR_HEDDLE_LATE", which packages/a/src/errors.ts can raise',
    ]);
  });

  test("fails on an entry that nothing raises", () => {
    const page = "## ERR_HEDDLE_EARLY\n\n## ERR_HEDDLE_LATE\n";
    assert.deepEqual(faults("stale", ERROR, page), [
      "docs/troubleshooting.md: nothing raises ERR_HEDDLE_EARLY",
    ]);
  });

  test("fails on entries out of order", () => {
    const source = `${ERROR}export type Codes = "ERR_HEDDLE_EARLY";\n`;
    const page = "## ERR_HEDDLE_LATE\n\n## ERR_HEDDLE_EARLY\n";
    assert.match(faults("unsorted", source, page).join(), /ERR_HEDDLE_EARLY is out of its order/);
  });

  test("fails on a class of errors without help", () => {
    const source = ERROR.replace(/ {2}readonly help.*\n/, "");
    assert.deepEqual(faults("helpless", source, "## ERR_HEDDLE_LATE\n"), [
      "packages/a/src/errors.ts: LateError has a code, and no help that leads to its entry",
    ]);
  });
});
