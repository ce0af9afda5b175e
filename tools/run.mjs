// @ts-check
/**
 * `npm start`, `npm test` and the other scripts of package.json: sets up, then runs the program for the verb on the
 * repository's own Node.
 *
 * Plain JavaScript for Node 20 on, as it runs before that Node is there.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { root, ownEnvironment, ownNode, setUp, SetupError } from "./setup.mjs";

/** What each verb runs, as arguments to Node. */
const programs = new Map([
  ["start", ["tools/start.ts"]],
  ["test", ["tools/test.ts"]],
  ["check", ["tools/check.ts"]],
  ["doctest", ["tools/doctest.ts"]],
  ["bench", ["bench/run.ts"]],
  ["figures", ["bench/figures.ts"]],
  ["site", ["node_modules/vitepress/bin/vitepress.js", "dev", "docs"]],
  ["soak", ["tools/soak.ts"]],
  ["example", ["tools/example.ts"]],
  ["lock", ["tools/lock.ts"]],
  ["format", ["node_modules/oxfmt/bin/oxfmt"]],
  ["build", []],
]);

const [verb = "", ...rest] = process.argv.slice(2);
const program = programs.get(verb);
if (program === undefined) {
  console.error(`Cannot run "${verb}": the verbs are ${[...programs.keys()].join(", ")}`);
  process.exit(2);
}

try {
  setUp();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exit(1);
}

if (program.length > 0) {
  const child = spawn(ownNode, [...program, ...rest], { cwd: root, env: ownEnvironment, stdio: "inherit" });
  // This one outlives the program, to hand on how it ended. A terminal's Ctrl-C reaches both by itself.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
}
