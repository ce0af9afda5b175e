/**
 * `npm run check`: everything that holds of the repository besides its tests; `npm run check -- lint types` only those.
 *
 * A check's output is shown when it fails.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeFaults } from "./docs/codes.ts";
import { docstringFaults } from "./docs/docstrings.ts";
import { linkFaults } from "./docs/links.ts";
import { lint } from "./lint/lint.ts";
import { packAll } from "./pack.ts";
import { program } from "./program.ts";
import type { Outcome } from "./program.ts";
import { root } from "./setup.mjs";

/** Each check by its name, in the order in which they run: the quick ones first. */
const checks: Readonly<Record<string, () => Outcome>> = {
  types: () => tool("typescript/bin/tsc", "-b", "--pretty", "false"),
  lint: () => lint(root),
  format: () => tool("oxfmt/bin/oxfmt", "--check"),
  fences: () => program(process.execPath, ["tools/doctest.ts"]),
  docs: checkDocs,
  site: () => tool("vitepress/bin/vitepress.js", "build", "docs"),
  exports: () => tool("knip/bin/knip.js", "--no-progress"),
  packages: checkPackages,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(checks, name));
if (unknown !== undefined) {
  console.error(`Cannot check "${unknown}": the checks are ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}

const failed: string[] = [];
for (const [name, check] of Object.entries(checks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const start = performance.now();
  const { ok, output } = check();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`check ${name}: ${ok ? "ok" : "FAILED"} (${seconds} s)`);
  if (ok) continue;
  console.log(`${output.replaceAll(/^/gm, "  ")}\n`);
  failed.push(name);
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(", ")}. One alone: npm run check -- ${failed[0]}`);
  process.exit(1);
}

/** Runs a tool out of `node_modules`. */
function tool(path: string, ...args: readonly string[]): Outcome {
  return program(process.execPath, [join("node_modules", path), ...args]);
}

/** Whether the documents and docstrings say what they have to. */
function checkDocs(): Outcome {
  const faults = [...docstringFaults(root), ...codeFaults(root), ...linkFaults(root)];
  return { ok: faults.length === 0, output: faults.join("\n") };
}

/** publint and "are the types wrong" on the packages as they would be published. */
function checkPackages(): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "heddle-pack-"));
  try {
    const outcomes = [...packAll(folder).values()].flatMap((tarball) => [
      tool("publint/src/cli.js", "run", tarball, "--strict"),
      tool("@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--no-definitely-typed"),
    ]);
    return { ok: outcomes.every(({ ok }) => ok), output: outcomes.map(({ output }) => output).join("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
