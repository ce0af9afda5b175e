/**
 * What the program says itself about functions: their captures, or the module to take them from.
 *
 * @packageDocumentation
 */
import { fileURLToPath } from "node:url";
import * as util from "node:util";
import { inspect } from "node:util";
import { explainProxy, type ProxyStay } from "../wire/index.ts";
import { importFrom, noSuchExport } from "./named/import-from.ts";
import { moduleAt, type ModuleName } from "./named/modules.ts";
import { pathOf } from "./text/script-path.ts";

interface ExplicitCaptures {
  readonly captures: Readonly<Record<string, unknown>>;
  /** The script that said so: what `import()` in the function is relative to. */
  readonly url: string;
}

const explicit = new WeakMap<Function, ExplicitCaptures>();
const exported = new WeakMap<Function, { module: ModuleName; path: readonly string[] }>();

/** Those that the program itself said to be portable. */
const declared = new WeakSet<Function>();

/** Whether the program said, by {@link portable} or {@link fromModule}, that a function is to travel as code. */
export function isDeclaredPortable(fn: Function): boolean {
  return declared.has(fn) || exported.has(fn);
}

/** The captures that {@link portable} was given. */
export function explicitCaptures(fn: Function): ExplicitCaptures | undefined {
  return explicit.get(fn);
}

/** The export that a function of {@link fromModule} stands for. */
export function moduleExportOf(fn: Function): { module: ModuleName; path: readonly string[] } | undefined {
  return exported.get(fn);
}

/**
 * Names what a function captures, for runtimes that cannot look into closures, or to say it in the open.
 *
 * The values are read from `captures` at each submission: change a property, and later calls see the change. Freeze
 * `captures` to say that it will not change, and the second submission costs a look-up.
 * Names that the function uses and that are neither captures nor globals are refused at submission. A minifier
 * renames variables, but not the keys of `captures`: do not minify such functions.
 *
 * @param fn - Taken as it is, and returned.
 * @param options - `captures`: each captured variable by name.
 * @throws `TypeError` for what is no function, or no such options.
 *
 * @example
 * ```ts
 * import { portable } from "heddle";
 *
 * const rate = 1.19;
 * const gross = portable((net: number) => net * rate, { captures: { rate } });
 * gross(100); // => 119
 * ```
 */
export function portable<F extends (...args: never[]) => unknown>(
  fn: F,
  options: { captures?: Record<string, unknown> } = {},
): F {
  if (typeof fn !== "function")
    throw new TypeError(`Cannot make something portable: ${inspect(fn, { depth: 0 })} is not a function`);
  const captures = capturesOf(options);
  declared.add(fn);
  if (captures !== undefined) explicit.set(fn, { captures, url: util.getCallSites(2)[1]?.scriptName ?? "" });
  return fn;
}

function capturesOf(options: { captures?: Record<string, unknown> }): Record<string, unknown> | undefined {
  if (!isObject(options))
    throw new TypeError(
      `Cannot make a function portable: its options must be an object such as { captures: { rate } }, and are ${inspect(options, { depth: 0 })}`,
    );
  const unknown = Object.keys(options).find((key) => key !== "captures");
  if (unknown !== undefined)
    throw new TypeError(`Cannot take the option ${unknown} of portable(): this release knows captures`);
  const { captures } = options;
  if (captures !== undefined && !isObject(captures))
    throw new TypeError(
      `Cannot make a function portable: captures must be an object such as { rate }, and is ${inspect(captures, { depth: 0 })}`,
    );
  return captures;
}

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Gives handles on the exports of a module that is not loaded here: a worker imports it when it runs one.
 *
 * A handle called in this thread imports the module here and gives a promise.
 *
 * @param url - `new URL("./tasks.ts", import.meta.url)`, an absolute path, or the name of a built-in module.
 * @throws `TypeError` when `url` is relative, or names a package, as nobody could tell to what, or from where.
 */
export function fromModule<M>(url: URL | string): { [K in keyof M]: M[K] } {
  const specifier = absolute(url);
  const handles = new Map<string, Function>();
  const target: object = Object.freeze({ __proto__: null });
  const module = new Proxy(target as { [K in keyof M]: M[K] }, {
    get(_target, name) {
      // Otherwise handles of a `toString` and a `valueOf` would be called, whose promises nobody has.
      if (name === Symbol.toPrimitive) return () => refusePrimitive(specifier);
      // A promise that is to be fulfilled with it would call a `then`, and wait for ever; loggers call a `toJSON`.
      if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined;
      let handle = handles.get(name);
      if (handle === undefined) {
        handle = makeHandle(specifier, name);
        handles.set(name, handle);
      }
      return handle;
    },
  });
  explainProxy(module, WHOLE_MODULE);
  return module;
}

const WHOLE_MODULE: ProxyStay = {
  found: "it is all that fromModule() gives of a module",
  remedy: "take what is used out of it before: const { name } = fromModule(url)",
};

function refusePrimitive(specifier: string): never {
  const { found, remedy } = WHOLE_MODULE;
  throw new TypeError(`Cannot make a text or a number of module ${specifier}: ${found}; ${remedy}`);
}

function makeHandle(specifier: string, name: string): Function {
  const handle = async (...args: unknown[]): Promise<unknown> => {
    const namespace = (await importFrom("")(specifier)) as Record<string, (...args: unknown[]) => unknown>;
    const fn = namespace[name];
    if (typeof fn !== "function") throw noSuchExport(specifier, namespace, [name]);
    return fn(...args);
  };
  Object.defineProperty(handle, "name", { value: name });
  exported.set(handle, { module: moduleAt(specifier), path: [name] });
  return handle;
}

function absolute(url: URL | string): string {
  // Under jest a URL is of another realm.
  if (typeof url !== "string" && typeof (url as Partial<URL> | null | undefined)?.href !== "string") {
    throw new TypeError(`Cannot take functions from ${inspect(url)}: it is neither a URL nor a string`);
  }
  const text = String(url);
  if (text === "") throw new TypeError("Cannot take functions from a module: its name is empty");
  if (URL.canParse(text)) {
    if (text.startsWith("file:")) fileURLToPath(text);
    return text;
  }
  if (pathOf(text) !== undefined || process.getBuiltinModule("node:module").isBuiltin(text)) return text;
  const isRelative = text.startsWith(".");
  throw new TypeError(
    isRelative
      ? `Cannot take functions from ${text}: it is relative; write new URL("${text}", import.meta.url)`
      : `Cannot take functions from ${text}: it may be another package elsewhere; write import.meta.resolve("${text}")`,
  );
}
