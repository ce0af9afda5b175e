/**
 * Type-checks code fences, and runs them, each in a process of its own.
 *
 * A fence becomes a file in an ignored folder of the repository, where the packages' names resolve to what `tsc -b`
 * built: that is what a user has. A docstring's fence goes into a folder of its package, where `#heap` resolves too.
 * In its file a fence stands in the same lines as in its document.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup.mjs";
import { withChecks } from "./assertions.ts";
import type { Fence } from "./fences.ts";

/** Examples that take longer than this hang, or are no examples. */
const timeoutMs = 60_000;

const runtime = pathToFileURL(join(root, "tools/doctest/runtime.ts")).href;

/** Beside `tsconfig.base.json`: the built packages, and a reader's freedom to leave a variable unused. */
const compilerOptions = {
  composite: false,
  customConditions: [],
  declarationMap: false,
  isolatedDeclarations: false,
  moduleDetection: "force",
  noEmit: true,
  noUnusedLocals: false,
  noUnusedParameters: false,
};

/** A fence with the file that is made of it. */
interface Example {
  readonly fence: Fence;
  readonly path: string;
}

/** Gives one text for each thing that is wrong, with file and line; none when all is well. */
export async function verify(fences: readonly Fence[]): Promise<string[]> {
  const folders = new Map<string, string>();
  try {
    const examples = fences.map((fence, index) => {
      const home = /^packages\/[^/]+(?=\/src\/)/.exec(fence.file)?.[0] ?? "";
      if (!folders.has(home)) folders.set(home, temporaryFolder(home));
      return { fence, path: join(folders.get(home) ?? "", `${index}-${basename(fence.file, ".md")}.ts`) };
    });
    const findings = await typeFindings(examples);
    const queue = examples.filter(({ fence }) => fence.runs).values();
    await Promise.all(
      Array.from({ length: availableParallelism() }, async () => {
        for (const example of queue) findings.push(...(await runFindings(example)));
      }),
    );
    return findings;
  } finally {
    for (const folder of folders.values()) rmSync(folder, { recursive: true });
  }
}

function temporaryFolder(home: string): string {
  const cache = join(root, home, ".cache");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "fences-"));
}

async function typeFindings(examples: readonly Example[]): Promise<string[]> {
  if (examples.length === 0) return [];
  for (const { fence, path } of examples) writeFileSync(path, "\n".repeat(fence.line - 1) + fence.code);
  const folder = temporaryFolder("");
  try {
    const settings = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions,
      files: examples.map(({ path }) => path),
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
    const { ok, output } = await node(["node_modules/typescript/bin/tsc", "-p", folder, "--pretty", "false"]);
    if (ok) return [];
    const named = examples.reduce(
      (text, { fence, path }) => text.replaceAll(relative(root, path), fence.file),
      output,
    );
    return [named.replaceAll(/^(\S+)\((\d+),(\d+)\)/gm, "$1:$2:$3").trim()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runFindings({ fence, path }: Example): Promise<string[]> {
  const checks = "__checks";
  let checked;
  try {
    checked = withChecks(fence.code, checks, fence.line);
  } catch (error) {
    return [`${fence.file}:${fence.line}: ${String(error)}`];
  }
  const prelude = `import * as ${checks} from "${runtime}"; ${checks}.begin(${JSON.stringify(fence.file)}, [${checked.lines.join()}]);`;
  writeFileSync(path, `${prelude}${"\n".repeat(fence.line - 1)}${checked.code}`);
  const { ok, output } = await node([path]);
  if (ok) return [];
  return [
    `${fence.file}:${fence.line}: the example failed\n${output.replaceAll(pathToFileURL(path).href, fence.file).replaceAll(path, fence.file).trim()}`,
  ];
}

/** Runs Node in the repository's folder, so that examples may name files from there. */
function node(args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, timeout: timeoutMs }, (error, stdout, stderr) => {
      const late = error?.killed ? `It did not end within ${timeoutMs / 1000} s` : "";
      resolve({ ok: error === null, output: `${stdout}${stderr}${late}` });
    });
  });
}
