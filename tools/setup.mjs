// @ts-check
/**
 * Makes a clone ready to use: installs the dependencies, checks the Node that comes with them, builds `dist`.
 *
 * Plain JavaScript for Node 20 on, as it runs before the repository's own Node is there. Every step looks at
 * what is on disk, not at a note of what was done before, so a set-up may be interrupted anywhere and run again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/** The repository's folder. */
export const root = resolve(import.meta.dirname, "..");

const onWindows = process.platform === "win32";
const bin = join(root, "node_modules", ".bin");

/** The Node that everything after the set-up runs on: the one in the `node` package. */
export const ownNode = join(root, "node_modules", "node", "bin", onWindows ? "node.exe" : "node");

/** The environment for programs of the repository: its own Node and tools come first on the PATH. */
export const ownEnvironment = { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter) };

/** A step of the set-up did not work. The message says which; the step's own output is already on the terminal. */
export class SetupError extends Error {}

/** Does whatever is still to be done, and says so; silent and quick when that is nothing. */
export function setUp() {
  if (!isInstalled()) {
    say("installing the dependencies with npm ci (a minute or so, once)");
    step("install the dependencies", "npm", [
      "ci",
      "--include=dev",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ]);
  }
  if (!isOwnNodeReady()) {
    // The install script that fetches it did not run: npm can be told so, or was interrupted.
    say(`fetching Node ${ownNodeVersion()}`);
    step("fetch Node", "npm", ["rebuild", "node", "--ignore-scripts=false", "--loglevel=error"]);
    if (!isOwnNodeReady())
      throw new SetupError(`Cannot fetch Node: ${ownNode} is not version ${ownNodeVersion()}`);
  }
  build();
}

/** Compiles every package's `src` to its `dist`; what is up to date is left alone. */
export function build() {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "tsconfig.json")),
  );
  if (packages.some((name) => !existsSync(join(root, "packages", name, "dist")))) say("building dist");
  packages.forEach(tidy);
  step("build dist", ownNode, [
    join("node_modules", "typescript", "bin", "tsc"),
    "-b",
    ...packages.map((name) => join("packages", name)),
  ]);
  for (const name of packages.filter(isBundled)) {
    step(`bundle ${name}`, ownNode, [
      join("tools", "bundle.mjs"),
      join("packages", name),
      join("packages", name, "dist"),
    ]);
  }
}

/**
 * Whether the compiler makes a package's declarations only.
 *
 * @param {string} name
 */
export function isBundled(name) {
  return readFileSync(join(root, "packages", name, "tsconfig.json"), "utf8").includes(
    '"emitDeclarationOnly": true',
  );
}

/**
 * Whether `node_modules` holds what the lock file asks for. npm writes its own record of what it installed last
 * of all, so an interrupted installation has none.
 */
function isInstalled() {
  const record = join("node_modules", ".package-lock.json");
  if (!existsSync(join(root, record))) return false;
  const installed = packagesIn(record);
  return Object.entries(packagesIn("package-lock.json")).every(
    ([path, { version, optional }]) =>
      !path.startsWith("node_modules/") ||
      optional ||
      (installed[path] !== undefined && installed[path].version === version),
  );
}

/** Whether the repository's Node runs, and is the one that the lock file names. */
function isOwnNodeReady() {
  const { stdout } = spawnSync(ownNode, ["--version"], { encoding: "utf8" });
  return stdout?.trim() === `v${ownNodeVersion()}`;
}

function ownNodeVersion() {
  return packagesIn("package-lock.json")["node_modules/node"]?.version;
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string; optional?: boolean }>}
 */
function packagesIn(lockFile) {
  return JSON.parse(readFileSync(join(root, lockFile), "utf8")).packages;
}

/**
 * Removes what was compiled from a source file that is gone, which would be published; and has the compiler start
 * afresh when something that it compiled is gone.
 *
 * @param {string} name
 */
function tidy(name) {
  const dist = join(root, "packages", name, "dist");
  if (!existsSync(dist)) return;
  const present = filesIn(dist);
  const sources = filesIn(join(root, "packages", name, "src")).filter((file) => file.endsWith(".ts"));
  for (const file of present) {
    const source = file.replace(isBundled(name) ? /\.d\.ts(\.map)?$/ : /(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (source !== file && !sources.includes(source)) rmSync(join(dist, file));
  }
  const isBuilt = (/** @type {string} */ source) =>
    /\.test(-d)?\.ts$|\bfixtures\b/.test(source) || present.includes(source.replace(/\.ts$/, ".d.ts"));
  if (!sources.every(isBuilt)) rmSync(join(dist, ".tsbuildinfo"), { force: true });
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}

/**
 * @param {string} what - Completes "Cannot ..."
 * @param {string} command
 * @param {string[]} args
 * @param {string} folder
 */
function step(what, command, args, folder = root) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: folder,
    env: outerEnvironment(),
    stdio: "inherit",
    shell: onWindows && command === "npm",
  });
  if (status === 0) return;
  const found = error?.message ?? (signal ? `it was ended by ${signal}` : `it exited with ${status}`);
  throw new SetupError(`Cannot ${what}: ${found}`);
}

/**
 * The environment without `node_modules/.bin`, which npm put on the PATH: npm replaces that folder, and may not
 * itself run on the Node in it.
 */
export function outerEnvironment() {
  const path = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join("node_modules", ".bin")));
  return { ...process.env, PATH: path.join(delimiter) };
}

/** @param {string} what */
function say(what) {
  process.stdout.write(`set-up: ${what}\n`);
}
