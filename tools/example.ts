/**
 * `npm run example -- NAME [ARGUMENT...]`: runs `examples/NAME.ts`, on `dist`, as a user's program would.
 *
 * An example is a file there that can be run by itself: it asks whether it is the main module.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const folder = join(root, "examples");
const names = globSync("**/*.ts", { cwd: folder })
  .filter((file) => readFileSync(join(folder, file), "utf8").includes("import.meta.main"))
  .map((file) => file.replaceAll("\\", "/").replace(/\.ts$/, ""))
  .sort();

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Cannot run the example ${name ?? "that is not named"}: there are ${names.join(", ")}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [join("examples", `${name}.ts`), ...rest], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
