import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, test } from "node:test";
import { root } from "./setup.mjs";

/** What a script of package.json does, without npm's own lines. */
function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["tools/run.mjs", ...args], { cwd: root, encoding: "utf8" });
}

describe("the scripts of package.json", () => {
  test("set up in silence when there is nothing to do", () => {
    const { status, stdout, stderr } = run("build");
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "", stderr: "" });
  });

  test("refuse what they do not know, and say what they do", () => {
    assert.equal(run("tset").status, 2);
    assert.match(run("tset").stderr, /^Cannot run "tset": the verbs are start, test, check/);
    assert.equal(run("check", "lnit").status, 2);
    assert.match(run("check", "lnit").stderr, /^Cannot check "lnit": the checks are types, lint, format/);
  });

  test("refuse to test a place that holds no test, rather than pass", () => {
    assert.equal(run("test", "tools/lint/nowhere").status, 2);
    assert.match(
      run("test", "tools/lint/nowhere").stderr,
      /^Cannot test tools\/lint\/nowhere: it does not exist/,
    );
    assert.match(run("test", "docs").stderr, /^Cannot test docs: it holds no \*\.test\.ts/);
    assert.match(run("test", "tools/test.ts").stderr, /^Cannot test tools\/test\.ts: it is no \*\.test\.ts/);
  });

  test("refuse a soak that they do not know, rather than bear nothing", () => {
    for (const args of [["kils"], ["kills", "many"], ["0"]]) {
      const { status, stderr } = run("soak", ...args);
      assert.equal(status, 2);
      assert.match(
        stderr,
        /^Cannot soak ".*": write how much and from which seed, .* after kills or steps$/m,
      );
    }
  });

  test("refuse an example that is not there, and say which are", () => {
    const { status, stderr } = run("example", "classics/ping-pon");
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^Cannot run the example classics\/ping-pon: there are classics\/bounded-buffer, classics\/dining-/,
    );
  });

  test("hand on whether the tests passed", () => {
    mkdirSync(join(root, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(root, ".cache/run-"));
    try {
      for (const [name, body] of [
        ["good", ""],
        ["bad", "throw new Error('no');"],
      ]) {
        const code = `import { test } from "node:test";\ntest("${name}", () => { ${body} });\n`;
        writeFileSync(join(folder, `${name}.test.ts`), code);
      }
      const good = run("test", relative(root, join(folder, "good.test.ts")));
      assert.equal(good.status, 0, good.stdout);
      assert.match(good.stdout, /^. pass 1$/m);
      const bad = run("test", relative(root, join(folder, "bad.test.ts")));
      assert.equal(bad.status, 1, bad.stdout);
      assert.match(bad.stdout, /^. fail 1$/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
