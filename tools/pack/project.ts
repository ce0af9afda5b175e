/** An empty project in which the packed packages are installed, with the tools of the repository beside them. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { packAll } from "../pack.ts";
import { type Outcome, program } from "../program.ts";
import { outerEnvironment, root } from "../setup.mjs";

/** What users have beside the packages; the project uses the repository's own. */
const TOOLS = ["@types/node", "esbuild", "jest", "koffi", "tsx", "typescript", "vite", "vitest"];
/** A program that hangs is ended, so that its test fails and shows what it printed. */
const PATIENCE_MS = 120_000;

export class Project {
  readonly folder: string;
  readonly #outside: string = mkdtempSync(join(tmpdir(), "heddle-project-"));

  /** Packs all packages, and installs them. */
  constructor() {
    this.folder = join(this.#outside, "project");
    this.write("package.json", JSON.stringify({ private: true, type: "module" }));
    const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
    const { ok, output } = program("npm", [...install, ...packAll(this.folder).values()], {
      folder: this.folder,
      environment: outerEnvironment(),
    });
    if (!ok) throw new Error(`Cannot install the packages: ${output}`);
    for (const name of TOOLS) {
      const link = this.path("node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", name), link);
    }
  }

  remove(): void {
    rmSync(this.#outside, { recursive: true });
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** @param file - Its path in the project; folders are made. */
  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  /** Puts one of the programs in `pack/project` into the project. */
  add(name: string): void {
    this.write(name, sourceOf(name));
  }

  /** Runs a program of the project on a Node. */
  run(node: string, args: readonly string[], options: readonly string[] = []): Promise<Outcome> {
    const environment: NodeJS.ProcessEnv = outerEnvironment();
    const child = spawn(node, args, {
      cwd: this.folder,
      env: { ...environment, NODE_OPTIONS: options.join(" "), NODE_TEST_CONTEXT: undefined, NO_COLOR: "1" },
      timeout: PATIENCE_MS,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) =>
        resolve({ ok: status === 0, output: stripVTControlCharacters(output).trim() }),
      );
    });
  }
}

/** One of the programs in `pack/project`. */
export function sourceOf(name: string): string {
  return readFileSync(join(import.meta.dirname, "project", name), "utf8");
}

/** The same in JavaScript, whose modules end so. */
export function javaScriptOf(name: string, ending: string): string {
  return stripTypeScriptTypes(sourceOf(name)).replaceAll(/(["']\.\/\w+)\.ts(["'])/g, `$1.${ending}$2`);
}
