/**
 * The module that the user named, found and checked before anything runs.
 *
 * @packageDocumentation
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { findPackageJSON, registerHooks } from "node:module";
import { basename, extname, isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Target } from "./chunk.ts";
import { oneLine, usageError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** A function of a module. */
export interface LoadedFunction {
  /** The address of the module. */
  readonly url: string;
  readonly exportName: string;
  readonly fn: Target;
}

/**
 * Imports `module` and finds the function in it.
 *
 * @param module - A path, taken from the current folder, or what an `import` in a module of that folder could name.
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE` when there is no such module, it cannot be imported, or the
 * export is missing or no function; the message names the functions there are.
 */
export async function loadFunction(module: string, exportName: string): Promise<LoadedFunction> {
  const url = addressOf(module);
  const exports = await importModule(url, module);
  const fn = exports[exportName];
  if (typeof fn === "function" && !isClass(fn)) return { url, exportName, fn: fn as Target };

  const named = exportName === "default" ? "its default export" : exportName;
  const found = fn === undefined ? "is missing" : `is ${fn === null ? "null" : kindOf(fn)}`;
  throw usageError(`Cannot use ${module}: ${named} ${found}${functionsIn(exports, module, exportName)}`);
}

function addressOf(module: string): string {
  const path = resolve(module);
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (existsSync(path) && !isDirectory) return pathToFileURL(path).href;
  if (module.startsWith("file:")) return module;
  if (isPath(module))
    throw usageError(`Cannot use ${module}: ${isDirectory ? "it is a directory" : "no such file"}`);
  try {
    return resolveFromHere(module);
  } catch (error) {
    if (isDirectory) throw usageError(`Cannot use ${module}: it is a directory`);
    const isMissing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw usageError(
      `Cannot use ${module}: ${isMissing ? "there is no such file, and no package of that name" : oneLine(error)}`,
    );
  }
}

function isPath(module: string): boolean {
  return module.startsWith(".") || isAbsolute(module) || /\.[cm]?[jt]sx?$/.test(module);
}

/** What `import` finds in a module of the current folder, which is not what it finds in this one. */
function resolveFromHere(specifier: string): string {
  const here = pathToFileURL(resolve("heddle-map.js")).href;
  const hooks = registerHooks({
    resolve: (name, context, next) => next(name, { ...context, parentURL: here }),
  });
  try {
    return import.meta.resolve(specifier);
  } finally {
    hooks.deregister();
  }
}

async function importModule(url: string, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw usageError(`Cannot import ${module}: ${describeImportError(error, module)}`);
  }
}

/** Where a syntax error is stands in the first line of its stack, or nowhere that a program can read. */
function describeImportError(error: unknown, module: string): string {
  if (!(error instanceof Error)) return oneLine(error);
  const words = `${error.name}: ${oneLine(error)}`;
  if (!(error instanceof SyntaxError)) return words;
  const [, place, path] = /^((\S+):\d+)$/m.exec(error.stack ?? "") ?? [];
  const mistaken = path !== undefined && MODULE_SYNTAX.test(error.message) ? commonJsAround(path) : undefined;
  if (mistaken !== undefined) {
    const asModule = basename(path!).replace(/(?=[jt]s$)/, "m");
    return (
      `${path} is written as an ES module, and ${mistaken} says "type": "commonjs"; ` +
      `call it ${asModule}, or have that say "type": "module"`
    );
  }
  return `${words} (${place ?? `node --check ${module} shows where`})`;
}

/** What is said of a module that is read as CommonJS. */
const MODULE_SYNTAX =
  /^(?:Unexpected token 'export'|Cannot use import statement outside a module|Cannot use 'import.meta')/;

/** The `package.json` that says a file to be CommonJS, if it is that and not the name of the file. */
function commonJsAround(path: string): string | undefined {
  if (!/^\.[jt]s$/.test(extname(path))) return undefined;
  const description = findPackageJSON(pathToFileURL(path));
  if (description === undefined) return undefined;
  const { type } = JSON.parse(readFileSync(description, "utf8")) as { type?: unknown };
  return type === "commonjs" ? description : undefined;
}

function isClass(fn: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}

function kindOf(value: unknown): string {
  if (typeof value === "function") return "a class, not a function";
  return typeof value === "object" ? "an object, not a function" : `a ${typeof value}, not a function`;
}

/** What could have been meant. */
function functionsIn(exports: Record<string, unknown>, module: string, wanted: string): string {
  const names = Object.keys(exports).filter(
    (name) => typeof exports[name] === "function" && !isClass(exports[name]),
  );
  if (names.length === 0) return "; it exports no function";
  const suggestion = nearest(wanted, names) ?? (names.length === 1 ? names[0] : undefined);
  const advice =
    suggestion === undefined
      ? ""
      : `; did you mean ${module}${suggestion === "default" ? "" : `#${suggestion}`}?`;
  return `; it exports ${names.join(", ")}${advice}`;
}
