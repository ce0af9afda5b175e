/** Prints what it takes to import a package: how many files, how many bytes, which of the slow modules of Node. */
import { statSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** Each takes Node longer to load than a good part of the toolkit does. */
const SLOW = [
  "child_process",
  "crypto",
  "dgram",
  "fs/promises",
  "http",
  "inspector",
  "net",
  "os",
  "tls",
  "v8",
  "vm",
  "worker_threads",
];

const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] };
const before = new Set(moduleLoadList);
const files: string[] = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith("file:")) files.push(fileURLToPath(url));
    return next(url, context);
  },
});
await import(process.argv[2]!);
const loaded = moduleLoadList.filter((name) => !before.has(name));
console.log(
  JSON.stringify({
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    slow: SLOW.filter((name) => loaded.includes(`NativeModule ${name}`)),
  }),
);
