/** CommonJS modules that Node has loaded in this thread. */
import type module from "node:module";
import { mainRealm } from "./realm.ts";

/** Not the ones that a test runner has loaded its own way: no other thread would find those. */
let known: NodeJS.Dict<NodeJS.Module> | undefined;
let paths = new WeakMap<object, string>();
let counted = 0;

function loaded(): NodeJS.Dict<NodeJS.Module> {
  return (known ??= realModule().createRequire(process.execPath).cache);
}

function realModule(): typeof module {
  // Under jest the import of "node:module" is jest's.
  return (mainRealm()["process"] as NodeJS.Process).getBuiltinModule("node:module");
}

/** The path of the module whose exports are this very object. */
export function requiredPath(exports: object): string | undefined {
  const cache = loaded();
  const keys = Object.keys(cache);
  if (keys.length !== counted) {
    counted = keys.length;
    paths = new WeakMap();
    for (const path of keys) {
      const found: unknown = cache[path]?.exports;
      if ((typeof found === "object" && found !== null) || typeof found === "function")
        paths.set(found, path);
    }
  }
  return paths.get(exports);
}

/** The paths of those modules. */
export function requiredPaths(): readonly string[] {
  return Object.keys(loaded());
}

/** The exports of the module at a path. */
export function requiredExports(path: string): unknown {
  // Packages that a test runner loaded its own way can be required anywhere; the program's modules may need the runner.
  const found = loaded()[path] ?? (path.includes("/node_modules/") ? runnersCache()[path] : undefined);
  return found?.exports;
}

function runnersCache(): NodeJS.Dict<NodeJS.Module> {
  return process.getBuiltinModule("node:module").createRequire(process.execPath).cache ?? {};
}
