/**
 * Parts of the toolkit that few programs need, or none at once: each is loaded when it is first used, in place, as the calls that use
 * them cannot wait. What compiles is not what a program imports, but what it uses.
 *
 * A part is `heddle-NAME.ts`, a file without types, as it may be compiled as it stands. Whoever uses it finds it through `NAME-later.ts`. A bundle has all parts in it, and
 * provides them (`bundled.ts`) before anything is used.
 *
 * @packageDocumentation
 */
import { readFileSync } from "node:fs";
import type { Module } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** What each part hands on: there is one of it in each copy of the toolkit, so that a part is known to be of this one. */
export const copy: object = {};

/** Those that were imported. */
const provided = new Map<string, object>();

/** Has a part found without being loaded, by whoever imports it. */
export function providePart(name: string, part: object): void {
  provided.set(name, part);
}

/** A part that was provided. */
export function providedPart(name: string): object | undefined {
  return provided.get(name);
}

/** What a loader of CommonJS modules has that its types do not name. */
interface Compiling extends Module {
  _compile(source: string, path: string, format: "module"): void;
}

/**
 * Loads a part.
 *
 * @param here - The file that asks, as a URL; the part is beside it.
 * @param name - Of the file of the part, without its ending.
 * @throws `Error` where the toolkit is part of a bundle that has no parts: it was made with the condition "node-addons", or has files of the toolkit by their paths.
 */
export function loadPart(here: string, name: string): object {
  const part = provided.get(name);
  if (part !== undefined) return part;
  const file = fileURLToPath(new URL(`./${name}${extname(here)}`, here));
  try {
    const required = process.getBuiltinModule("node:module").createRequire(here)(file) as {
      readonly copy: object;
    };
    return required.copy === copy ? required : compiled(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_REQUIRE_ESM")
      throw new Error(
        "Cannot load a part of heddle: it is an ES module, which this program cannot require; run it without --no-experimental-require-module",
        { cause },
      );
    throw new Error(
      `Cannot load a part of heddle: ${file} is not to be had; import heddle by its name into a bundle, which is made without the condition "node-addons", or leave it out of that`,
      { cause },
    );
  }
}

/**
 * The part by way of Node's own loader of modules. A tool that has put itself into `require`, as tsx has, makes a CommonJS module of
 * what it finds, and so a second copy of everything that the part imports.
 */
function compiled(file: string): object {
  const made = new (process.getBuiltinModule("node:module").Module)(file) as Compiling;
  made.filename = file;
  made._compile(readFileSync(file, "utf8"), file, "module");
  return made.exports as object;
}
