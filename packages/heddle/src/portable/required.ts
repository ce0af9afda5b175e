/** CommonJS modules that Node has loaded in this thread. */
import { createRequire } from "node:module";

const cache: NodeJS.Dict<NodeJS.Module> = createRequire(import.meta.url).cache ?? {};
let paths = new WeakMap<object, string>();
let counted = 0;

/** The path of the module whose exports are this very object. */
export function requiredPath(exports: object): string | undefined {
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

/** The exports of the module at a path. */
export function requiredExports(path: string): unknown {
  return cache[path]?.exports;
}
