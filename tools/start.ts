/**
 * `npm start`: the main job, on the two inputs that come with the repository.
 *
 * The results go to files, as there are thousands of lines of them.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { packageJson } from "./packages.ts";
import { root } from "./setup.mjs";

const heddle = join("packages/cli", packageJson("cli").bin?.["heddle"] ?? "");
const outputs = ".cache/start";
mkdirSync(join(root, outputs), { recursive: true });

for (const name of ["numbers", "large-numbers"]) {
  const args = [
    "map",
    "examples/prime-factors.ts#primeFactors",
    "--input",
    `examples/data/${name}.txt`,
    "--on",
    "threads",
  ];
  const output = `${outputs}/${name}.jsonl`;
  console.log(`\n$ heddle ${[...args, "--output", output].join(" ")}`);
  const { status } = spawnSync(process.execPath, [heddle, ...args, "--output", output], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) {
    console.error(`Cannot finish examples/data/${name}.txt: heddle exited with ${status}`);
    process.exit(status ?? 1);
  }
  console.log(`The results are in ${output}`);
}
