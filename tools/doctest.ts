/**
 * Type-checks and runs every code fence of the documents given; without any, of all Markdown files and all docstrings.
 *
 * How fences are written is in CONTRIBUTING.md.
 */
import { globSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fencesIn } from "./doctest/fences.ts";
import type { Fence } from "./doctest/fences.ts";
import { verify } from "./doctest/verify.ts";
import { root } from "./setup.mjs";

const asked = process.argv.slice(2).map((file) => relative(root, resolve(file)));
const fences: Fence[] = [];
const findings: string[] = [];
for (const file of asked.length > 0 ? asked : allDocuments()) {
  try {
    fences.push(...fencesIn(file, readFileSync(join(root, file), "utf8")));
  } catch (error) {
    findings.push(String(error));
  }
}
findings.push(...(await verify(fences)));

for (const finding of findings) console.error(`${finding}\n`);
const running = fences.filter(({ runs }) => runs).length;
console.log(`${fences.length} code fences: all type-checked, ${running} run, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;

function allDocuments(): string[] {
  return globSync(["**/*.md", "packages/*/src/**/*.ts"], {
    cwd: root,
    // The last two are copies: see the "prepack" of the packages.
    exclude: [
      "**/node_modules/**",
      "**/dist/**",
      "**/.cache/**",
      "**/*.test.ts",
      "packages/*/docs/**",
      "packages/{heddle,cli}/README.md",
    ],
  }).toSorted();
}
