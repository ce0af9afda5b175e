import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CommandErrorCode } from "./errors.ts";
import { entryOf } from "./troubleshooting.ts";

test("every error of the command has an entry in the page to which its message leads", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/troubleshooting.md"), "utf8");
  const codes: Record<CommandErrorCode, true> = {
    ERR_HEDDLE_USAGE: true,
    ERR_HEDDLE_INPUT: true,
    ERR_HEDDLE_OUTPUT: true,
    ERR_HEDDLE_JOURNAL: true,
  };
  for (const code of Object.keys(codes)) {
    const [path, entry = ""] = entryOf(code).split("#");
    assert.match(path ?? "", /heddle\/docs\/troubleshooting\.md$/);
    assert.ok(page.includes(`\n## ${entry.toUpperCase()}\n`), entry);
  }
});
