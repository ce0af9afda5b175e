/**
 * Compiled code that workers share with each other and with later runs: else each worker compiles the same modules once more, and
 * strips the types of those in TypeScript, for which it first has to load what can.
 *
 * @packageDocumentation
 */
import { dirname, join } from "node:path";

/** Read by Node as a thread begins, before it loads anything. */
const CACHE = "NODE_COMPILE_CACHE";
/** Says that the other one is meant for the thread only, and not for what it starts. */
const GIVEN = "HEDDLE_COMPILE_CACHE_GIVEN";
const DISABLED = "NODE_DISABLE_COMPILE_CACHE";

/**
 * The environment for a worker: this thread's, and a cache where the program has none: in the directory that it has chosen by
 * `module.enableCompileCache()`, or in Node's own. Where the program says how it is to be, it is so in workers, too.
 */
export function workerEnvironment(): NodeJS.ProcessEnv {
  const { env } = process;
  const directory = workerCache();
  return directory === undefined ? env : { ...env, [CACHE]: directory, [GIVEN]: "1" };
}

/** The directory that {@link workerEnvironment} names; `undefined` where the program says how it is to be. */
export function workerCache(): string | undefined {
  const { env } = process;
  return env[CACHE] !== undefined || env[DISABLED] !== undefined ? undefined : cacheDirectory();
}

/** In a worker, once its modules are loaded: what runs there sees the environment of the program. */
export function hideCompileCache(): void {
  if (process.env[GIVEN] === undefined) return;
  delete process.env[CACHE];
  delete process.env[GIVEN];
}

function cacheDirectory(): string {
  const chosen = process.getBuiltinModule("node:module").getCompileCacheDir();
  // What it gives has a folder for this version of Node.
  return chosen === undefined
    ? join(process.getBuiltinModule("node:os").tmpdir(), "node-compile-cache")
    : dirname(chosen);
}
