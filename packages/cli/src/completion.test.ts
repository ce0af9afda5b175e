import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { completionFor, type Shell } from "./completion.ts";

/** How each shell is asked what Tab offers behind words, the last of which is being typed; one offer a line. */
const asking: Readonly<Record<Shell, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    "-c",
    `. ./script; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _heddle; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  zsh: (words) => ["-f", join(import.meta.dirname, "fixtures/tab.zsh"), "./script", words.join(" ")],
  fish: (words) => ["--no-config", "-c", `source ./script; complete -C '${words.join(" ")}'`],
};

/** What is offered behind `heddle` and these words. */
const offered: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [["ma"], ["map"]],
  [["be"], ["bench"]],
  [["--v"], ["--version"]],
  [
    ["map", "f.ts", "--jo"],
    ["--jobs", "--journal"],
  ],
  [["advise", "--re"], ["--report"]],
  [
    ["map", "f.ts", "--re"],
    ["--resume", "--retries"],
  ],
  [
    ["map", "f.ts", "--on", ""],
    ["inline", "processes", "threads"],
  ],
  [["map", "f.ts", "--input", "num"], ["numbers.txt"]],
  [["map", "num"], ["numbers.txt"]],
  [["map", "two"], ["two words.txt"]],
  [["map", "f.ts", "--input", "two"], ["two words.txt"]],
  [["map", "f.ts", "--jobs", ""], []],
  [["bench", "lo"], ["lock"]],
  [["completion", "f"], ["fish"]],
];

for (const shell of Object.keys(asking) as Shell[]) {
  const isThere = spawnSync(shell, ["-c", "exit 0"]).status === 0;
  describe(`the completion of ${shell}`, { skip: !isThere && `there is no ${shell}` }, () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "heddle-completion-"));
      writeFileSync(join(folder, "script"), completionFor(shell));
      writeFileSync(join(folder, "numbers.txt"), "");
      writeFileSync(join(folder, "two words.txt"), "");
    });
    after(() => rmSync(folder, { recursive: true }));

    test("offers commands, the options of each, values of a fixed set, and files where one belongs", () => {
      for (const [words, offers] of offered) {
        const { stdout, stderr } = spawnSync(shell, asking[shell](["heddle", ...words]), {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, HOME: folder },
        });
        assert.equal(stderr, "");
        const found = stdout
          .split("\n")
          .filter((word) => word !== "")
          // As some shells write a space in a name.
          .map((word) => word.replace("\\ ", " "));
        assert.deepEqual(found.sort(), offers, words.join(" "));
      }
    });
  });
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  test(`the script for ${shell} names every command, option and fixed value`, () => {
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
}
