import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { TimeoutError } from "./timeout-error.ts";

test("an error tells, wherever it is printed, where it is explained", () => {
  const error = new TimeoutError("Lock.acquire()", 5);
  assert.equal(error.help, "node_modules/heddle/docs/troubleshooting.md#err_heddle_timeout");
  assert.ok(inspect(error).includes(`help: '${error.help}'`));
  assert.equal(error.message, "Cannot complete Lock.acquire(): 5 ms have passed");
});
