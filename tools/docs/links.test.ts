import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "../setup.mjs";
import { anchorOf, linkFaults } from "./links.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-links-"));
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "docs/a.md"), "# A\n\n## `now_and` then, again\n");
});
after(() => rmSync(folder, { recursive: true }));

function faults(text: string): string[] {
  writeFileSync(join(folder, "README.md"), text);
  return linkFaults(folder);
}

describe("the check of the links", () => {
  test("passes on this repository", () => {
    assert.deepEqual(linkFaults(root), []);
  });

  test("passes on links that lead somewhere, out of the repository, or stand in code", () => {
    const text =
      "# R\n[a](docs/a.md) [b](docs/a.md#now_and-then-again) [c](#r) [d](https://x.org/) `[e](no.md)`\n";
    assert.deepEqual(faults(`${text}\n\`\`\`md\n[f](no.md)\n\`\`\`\n`), []);
  });

  test("fails on a file that is not there, and on a heading that is not in it", () => {
    assert.deepEqual(faults("[a](docs/b.md) [b](docs/a.md#later)"), [
      "README.md: the link to docs/b.md is dead: there is no docs/b.md",
      "README.md: the link to docs/a.md#later is dead: no heading there is #later",
    ]);
  });

  test("knows the anchor of an error's entry", () => {
    assert.equal(anchorOf("ERR_HEDDLE_TIMEOUT"), "err_heddle_timeout");
  });
});
