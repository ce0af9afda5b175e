/** The end of a {@link Process}: all that listens for it is told, and what is printed arrives. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";

const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

function run(body: string, flags: readonly string[] = []): { stdout: string; stderr: string } {
  const program = `import { Process } from ${from("./process.ts")};
    const process_ = new Process(() => { ${body} }).start();
    await process_.join();
    console.log("exit code", process_.exitCode);
    await process_.result.catch(() => {});`;
  const args = [...process.execArgv, ...flags, "--input-type=module", "-e", program];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

describe("a process that has nothing left to do", () => {
  test("tells all who listen for its end, those last who came last", () => {
    const { stdout } = run(`
      process.on("exit", (code) => console.log("first", code));
      process.on("beforeExit", () => process.once("exit", () => { process.exitCode = 3; console.log("last"); }));`);
    assert.equal(stdout, "first 0\nlast\nexit code 3\n");
  });

  test("goes on while somebody finds something to do before its end", () => {
    const { stdout } = run(`
      let rounds = 0;
      process.on("beforeExit", () => { if (rounds++ < 2) setTimeout(() => console.log("round", rounds)); });
      process.on("exit", () => console.log("ends"));`);
    assert.equal(stdout, "round 1\nround 2\nends\nexit code 0\n");
  });

  test("says what nobody has caught, although it was about to end", () => {
    const { stdout, stderr } = run(`
      process.once("beforeExit", () => setTimeout(() => { throw new RangeError("frayed"); }));`);
    assert.match(stderr, /RangeError: frayed/);
    assert.match(stdout, /^exit code 1\n/);
  });

  test("prints all that was to be printed", () => {
    const { stdout } = run(`console.log("x".repeat(300_000));`);
    assert.equal(stdout.length, 300_000 + "\nexit code 0\n".length);
  });

  test("leaves its profile behind", () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-profile-"));
    try {
      run("", ["--cpu-prof", `--cpu-prof-dir=${folder}`]);
      // That of the program, too.
      assert.equal(readdirSync(folder).length, 2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
