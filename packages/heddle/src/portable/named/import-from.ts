/**
 * What a module has that is of its place: `import()` and `import.meta`, for code that stood in it.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { pathOf } from "../text/script-path.ts";
import { quietly } from "./quietly.ts";

type Import = (specifier: string, options?: ImportCallOptions) => Promise<unknown>;

interface ImportCallOptions {
  with?: Readonly<Record<string, string>>;
}

const imports = new Map<string, Import>();

/** `import()` as it works inside the module at `url`. */
export function importFrom(url: string): Import {
  let from = imports.get(url);
  if (from === undefined) {
    from = makeImport(url);
    imports.set(url, from);
  }
  return from;
}

function makeImport(url: string): Import {
  // Node resolves relative to a file that exists by name only; other URLs can import what is absolute.
  if (pathOf(url) === undefined)
    return (specifier, options) => import(specifier, options as ImportCallOptions);
  // No other function needs it.
  const { constants, Script } = process.getBuiltinModule("node:vm");
  const script = new Script("(specifier, options) => import(specifier, options)", {
    filename: url,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const importThere = script.runInThisContext() as Import;
  return (specifier, options) => quietly(() => importThere(specifier, options));
}

/** `import.meta` as it is inside the module at `url`, except that no worker runs a module as its main one. */
export function metaOf(url: string): object {
  const path = pathOf(url);
  const href = asUrl(url);
  const places =
    path === undefined ? {} : { filename: path, dirname: path.replace(/[\\/][^\\/]*$/, "") || "/" };
  return {
    __proto__: null,
    url: href,
    ...places,
    main: false,
    resolve: (specifier: string) => resolveFrom(href, specifier),
  };
}

function resolveFrom(url: string, specifier: string): string {
  if (/^\.{0,2}\//.test(specifier) || URL.canParse(specifier)) return new URL(specifier, url).href;
  const found = process.getBuiltinModule("node:module").createRequire(url).resolve(specifier);
  return pathOf(found) === undefined ? `node:${found.replace(/^node:/, "")}` : pathToFileURL(found).href;
}

/** How many exports an error names. */
const NAMED_EXPORTS = 12;

/** The error of a function that a module does not export. */
export function noSuchExport(specifier: string, namespace: unknown, path: readonly string[]): TypeError {
  const name = path.join(".");
  const members = Object.entries(namespace ?? {}).filter(([, value]) => typeof value === "function");
  const named = members.slice(0, NAMED_EXPORTS).map(([member]) => member);
  const rest = members.length > named.length ? ` and ${members.length - named.length} more` : "";
  const there = members.length === 0 ? "it exports none" : `those it exports are ${named.join(", ")}${rest}`;
  return new TypeError(`Cannot call ${name}: module ${specifier} exports no function "${name}"; ${there}`);
}

/** A URL, or the one of a path. */
export function asUrl(url: string): string {
  return pathOf(url) === url ? pathToFileURL(url).href : url;
}
