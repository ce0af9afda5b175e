/** The core that a thread runs on, and how it leaves it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { loadLibc } from "./libc.ts";

const libc = loadLibc((why) => new Error(why));
const here = JSON.stringify(new URL("./libc.ts", import.meta.url).href);

/** The cores that this thread may run on, as the kernel lists them. */
const allowed = (): string =>
  /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/thread-self/status", "latin1"))![1]!;

describe("a thread that leaves its core", () => {
  test("may run on all cores afterwards that it could run on before", () => {
    const before = allowed();
    for (let i = 0; i < 10; i++) {
      assert.equal(libc.leaveCore(), /[-,]/.test(before));
      assert.equal(allowed(), before);
    }
  });

  test("stays if it may run on no other", (context) => {
    const core = libc.core();
    assert(core >= 0);
    const program = `
      import { loadLibc } from ${here};
      const libc = loadLibc((why) => new Error(why));
      console.log(libc.leaveCore(), libc.core());`;
    const node = [process.execPath, ...process.execArgv, "--input-type=module", "-e", program];
    const { stdout, error } = spawnSync("taskset", ["-c", String(core), ...node], { encoding: "utf8" });
    if (error !== undefined) return context.skip("taskset is not installed");
    assert.equal(stdout, `false ${core}\n`);
  });
});
