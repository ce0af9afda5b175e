/**
 * `npm test`: every test of the repository on node's test runner, or those in the files and folders given.
 *
 * Options go to `node --test` as they are: `npm test -- packages/heddle --test-name-pattern=map`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Far above what any file takes: a test that hangs shall fail, and be named. */
const fileTimeoutMs = 600_000;

const isOption = (argument: string): boolean => argument.startsWith("-");
const options = process.argv.slice(2).filter(isOption);
const asked = process.argv.slice(2).filter((argument) => !isOption(argument));
const places = asked.length > 0 ? asked : ["packages", "tools", "bench", "examples"];

const files = places.flatMap(testFiles);

const missing = asked.find((place) => testFiles(place).length === 0);
if (missing !== undefined) {
  console.error(`Cannot test ${missing}: ${whyNone(missing)}`);
  process.exit(2);
}

console.log(`Running ${files.length} test files on Node ${process.versions.node}`);
const runner = [
  "--conditions=@heddle/source",
  "--test",
  `--test-timeout=${fileTimeoutMs}`,
  // Many tests wait for another process most of their time.
  `--test-concurrency=${availableParallelism() + 1}`,
];
const { status } = spawnSync(process.execPath, [...runner, ...options, ...files], {
  cwd: root,
  // Set inside a test; the runner would then run nothing, and call that a success.
  env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  stdio: "inherit",
});
process.exit(status ?? 1);

function whyNone(place: string): string {
  if (!existsSync(join(root, place))) return "it does not exist";
  return isFile(place) ? "it is no *.test.ts" : "it holds no *.test.ts";
}

function isFile(place: string): boolean {
  return statSync(join(root, place), { throwIfNoEntry: false })?.isFile() === true;
}

/** The test files in a folder, or the one file. Node would take any other for a test that passes. */
function testFiles(place: string): string[] {
  if (isFile(place)) return place.endsWith(".test.ts") ? [place] : [];
  return globSync(join(place, "**/*.test.ts"), {
    cwd: root,
    exclude: ["**/node_modules/**", "**/dist/**", "**/.cache/**"],
  });
}
