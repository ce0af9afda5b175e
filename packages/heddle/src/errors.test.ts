/** The errors of the toolkit, as a program finds them that imports it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as heddle from "./index.ts";

test("every error that troubleshooting explains is a class that the package exports", () => {
  const page = readFileSync(new URL("../../../docs/troubleshooting.md", import.meta.url), "utf8");
  const entries = [...page.matchAll(/^## (ERR_HEDDLE_\w+)\n\n`(\w+)`:/gm)];
  assert.ok(entries.length > 20, "the page has no entries any more");
  for (const [, code, name] of entries) {
    // The runtime is refused before there is any class.
    if (code === "ERR_HEDDLE_RUNTIME") continue;
    const cls: unknown = Reflect.get(heddle, name!);
    assert.ok(typeof cls === "function" && cls.prototype instanceof Error, `${name} of ${code}`);
  }
});
