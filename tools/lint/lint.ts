/** The lint check: oxlint with the rules of `.oxlintrc.json`, and no comment that switches the house rules off. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "../program.ts";
import type { Outcome } from "../program.ts";
import { ownEnvironment, root } from "../setup.mjs";

/** Lints all of a folder that is laid out as the repository is, and has its `.oxlintrc.json`. */
export function lint(folder: string): Outcome {
  const found = program(process.execPath, [join(root, "node_modules/oxlint/bin/oxlint"), "--format=unix"], {
    folder,
    environment: ownEnvironment,
  });
  const comments = disablingComments(folder);
  return { ok: found.ok && comments.length === 0, output: [...comments, found.output].join("\n") };
}

/** The comments that name a house rule, or no rule and so all of them. */
function disablingComments(folder: string): string[] {
  const files = globSync("{packages,examples,bench,tools}/**/*.{ts,mts,js,mjs}", {
    cwd: folder,
    exclude: ["**/node_modules/**", "**/dist/**", "**/.cache/**"],
  });
  return files.flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .flatMap((text, index) =>
        /(\/\/|\/\*)\s*(ox|es)lint-disable[\w-]*\s*($|\*\/|--|.*\bheddle\/)/.test(text)
          ? [`${file}:${index + 1}: The house rules cannot be switched off by a comment`]
          : [],
      ),
  );
}
