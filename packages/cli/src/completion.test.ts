import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { completionFor } from "./completion.ts";

const hasShell = (name: string): boolean => spawnSync(name, ["-c", "exit 0"]).status === 0;

describe("the completion of bash", { skip: !hasShell("bash") && "there is no bash" }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "heddle-completion-"));
    writeFileSync(join(folder, "heddle.bash"), completionFor("bash"));
    writeFileSync(join(folder, "numbers.txt"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  /** What Tab offers behind these words, the last of which is being typed. */
  function offers(...words: readonly string[]): string[] {
    const typed = ["heddle", ...words].map((word) => `'${word}'`).join(" ");
    const script = `. ./heddle.bash; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _heddle; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
    assert.equal(stderr, "");
    return stdout.split("\n").filter((word) => word !== "");
  }

  test("offers commands, and the options of each", () => {
    assert.deepEqual(offers("ma"), ["map"]);
    assert.deepEqual(offers("be"), ["bench"]);
    assert.deepEqual(offers("map", "f.ts", "--jo"), ["--jobs", "--journal"]);
    assert.deepEqual(offers("advise", "--re"), ["--report"]);
    assert.deepEqual(offers("map", "f.ts", "--re"), ["--retries", "--resume"]);
  });

  test("offers values where they are of a fixed set, and files where a file belongs", () => {
    assert.deepEqual(offers("map", "f.ts", "--on", ""), ["inline", "threads", "processes"]);
    assert.deepEqual(offers("map", "f.ts", "--input", "num"), ["numbers.txt"]);
    assert.deepEqual(offers("map", "num"), ["numbers.txt"]);
    assert.deepEqual(offers("map", "f.ts", "--jobs", ""), []);
    assert.deepEqual(offers("bench", "lo"), ["lock"]);
    assert.deepEqual(offers("completion", "f"), ["fish"]);
  });
});

for (const shell of ["zsh", "fish"] as const) {
  describe(`the completion of ${shell}`, () => {
    test("names every command, option and fixed value", () => {
      const script = completionFor(shell);
      for (const word of [
        "map",
        "advise",
        "bench",
        "completion",
        "journal",
        "report",
        "processes",
        "numbers",
      ]) {
        assert.match(script, new RegExp(`\\b${word}\\b`));
      }
    });

    test("is a script that it understands", { skip: !hasShell(shell) && `there is no ${shell}` }, () => {
      const { status, stderr } = spawnSync(shell, ["--no-execute"], {
        input: completionFor(shell),
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
    });
  });
}
