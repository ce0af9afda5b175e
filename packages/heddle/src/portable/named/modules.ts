/**
 * Modules: which one is the entry, which one a function is exported by, and how another thread gets hold of one.
 *
 * The entry module is the program itself: running it again in a worker would start the program again. So what it
 * declares travels as code and values. Every other module is imported once in each thread that needs it.
 *
 * @packageDocumentation
 */
import { realpathSync } from "node:fs";
import type module from "node:module";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { isWorkerThread, workerThreads } from "#heap";
import { NotLoadedError } from "../../wire/index.ts";
import { PortabilityError } from "../errors.ts";
import { builtinNamespace } from "./builtin-namespace.ts";
import { asUrl, importFrom } from "./import-from.ts";
import { quietly } from "./quietly.ts";
import type { ImportOrigin } from "../text/script.ts";
import { pathOf } from "../text/script-path.ts";

/** A module as another thread finds it: what to import, and from where. */
export interface ModuleName {
  /** URL, or path, of the module whose import this is; empty if `specifier` is absolute. */
  readonly parent: string;
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
  /** Loaded by `require`, as the CommonJS module that it is. */
  readonly isRequired: boolean;
}

/** Threads find the paths of all entry modules of the process under this name. */
const ENVIRONMENT_KEY = "heddle.entries";

let entries: Set<string> | undefined;
/** Those that another process has said. */
let told: readonly string[] | undefined;

/** The paths of the modules that started this thread and those before it. */
function entryPaths(): Set<string> {
  if (entries !== undefined) return entries;
  entries = new Set(told ?? (isWorkerThread ? announced() : undefined));
  const started = startedPath();
  if (started !== undefined) entries.add(started);
  return entries;
}

function announced(): readonly string[] | undefined {
  return workerThreads().getEnvironmentData(ENVIRONMENT_KEY) as string[] | undefined;
}

/** The paths of the modules that another process is not to run again on behalf of this one. */
export function entryModules(): readonly string[] {
  return [...entryPaths()];
}

let isWorker = isWorkerThread;

/** This process runs what others give it, and none of their entry modules. To be said before anything else is done here. */
export function workFor(others: readonly string[]): void {
  isWorker = true;
  told = others;
}

/** Tells the threads started from now on which module is this thread's entry. */
export function announceEntry(): void {
  // Another copy of the toolkit may have announced some.
  const all = new Set([...entryPaths(), ...(announced() ?? [])]);
  workerThreads().setEnvironmentData(ENVIRONMENT_KEY, [...all]);
}

function startedPath(): string | undefined {
  const given = process.argv[1];
  if (given === undefined) return undefined;
  try {
    // Node finds its main module as `require` does: the extension may be missing.
    return realpathSync(nodeModule().createRequire(given).resolve(given));
  } catch {
    return given;
  }
}

/** Whether a script is an entry module, or has no file that a worker could import. */
export function isEntry(url: string): boolean {
  const path = pathOf(url.replace(/[?#].*$/s, ""));
  return path === undefined ? !/^(data|https?):/.test(url) : entryPaths().has(path);
}

/** The module that an import declaration in `url` names, or `undefined` if that is the entry module. */
export function importedModule(url: string, origin: ImportOrigin): ModuleName | undefined {
  const { specifier, attributes } = origin;
  const isRelative = /^\.{0,2}\//.test(specifier);
  if ((isRelative || specifier.startsWith("file:")) && URL.canParse(specifier, asUrl(url))) {
    if (isEntry(new URL(specifier, asUrl(url)).href)) return undefined;
  }
  return { parent: url, specifier, attributes, isRequired: false };
}

/** The module at an absolute URL, or path of a CommonJS module. */
export function moduleAt(url: string, isRequired = false): ModuleName {
  return { parent: "", specifier: url, attributes: undefined, isRequired };
}

/** One string for each module name. */
export function keyOf({ parent, specifier, attributes, isRequired }: ModuleName): string {
  return JSON.stringify([parent, specifier, attributes, isRequired]);
}

/** Not loaded before it is used: few programs that import the toolkit load modules by it. */
const nodeModule = (): typeof module => process.getBuiltinModule("node:module");

/** What a module is told that imports the one that started the program. */
export function refusedEntry(specifier: string, parent: string | undefined): PortabilityError {
  return new PortabilityError({
    functionName: `what ${parent ?? "a function"} exports`,
    reason: `it imports ${specifier}, the module that started the program, which no worker runs again`,
    remedy: "move what it needs from there into a module of its own",
  });
}

let isGuarded = false;

/**
 * Keeps this worker from running the entry module again because a module that it needs imports from it.
 *
 * The error says what to do; running the program a second time inside itself would be much harder to understand.
 */
function guardEntry(): void {
  if (isGuarded || !isWorker) return;
  isGuarded = true;
  nodeModule().registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (!isEntry(resolved.url) || !resolved.url.startsWith("file:")) return resolved;
      throw refusedEntry(specifier, context.parentURL);
    },
  });
}

/** `undefined` if `specifier` names no built-in module. */
function builtin(specifier: string): object | undefined {
  return nodeModule().isBuiltin(specifier) ? builtinNamespace(specifier) : undefined;
}

/** What importing gives of a module that is no ECMAScript module. */
function namespaceOf(exports: unknown): object {
  const members = typeof exports === "object" || typeof exports === "function" ? exports : undefined;
  return { __proto__: null, ...members, default: exports };
}

/** How `require` is asked for what an import names; `undefined` if it cannot be. */
function pathToRequire({ parent, specifier }: ModuleName): { from: string; specifier: string } | undefined {
  const isBare = !/^\.{0,2}\//.test(specifier) && !URL.canParse(specifier);
  if (isBare) return { from: parent, specifier };
  const url = new URL(specifier, parent === "" ? undefined : asUrl(parent));
  if (url.protocol !== "file:" || url.search !== "" || url.hash !== "") return undefined;
  return { from: url.href, specifier: fileURLToPath(url) };
}

/** The modules of this thread, loaded or on the way. */
export class Modules {
  readonly #loaded = new Map<string, object>();
  readonly #loading = new Map<string, Promise<void>>();
  /** Those that could not be loaded just now. */
  readonly #failed = new Map<string, unknown>();
  /** The thread blocks: what is not loaded on the spot is not loaded at all. */
  atOnce = false;

  /**
   * The namespace (or, for CommonJS, the exports) of a module; a promise while it is being loaded. Ask again when
   * that is fulfilled, which it is in any case.
   *
   * @throws Why the module could not be loaded, to those who waited for it. Later it is tried again.
   */
  load(name: ModuleName): object | Promise<void> {
    const key = keyOf(name);
    if (this.#failed.has(key)) throw this.#failed.get(key);
    const loaded = this.#loaded.get(key);
    if (loaded !== undefined) return loaded;
    if (this.atOnce && !name.isRequired && !nodeModule().isBuiltin(name.specifier))
      return this.#loadAtOnce(key, name);
    return this.#loading.get(key) ?? this.#begin(key, name);
  }

  /** As `require` loads it, which for what `import` can load gives the same module, except where it waits itself. */
  #loadAtOnce(key: string, name: ModuleName): object {
    guardEntry();
    const path = this.#loading.has(key) ? undefined : pathToRequire(name);
    try {
      if (path !== undefined) {
        const exports: unknown = quietly(() => nodeModule().createRequire(path.from)(path.specifier));
        const namespace = types.isModuleNamespaceObject(exports) ? (exports as object) : namespaceOf(exports);
        this.#loaded.set(key, namespace);
        return namespace;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    }
    const ready = this.#loading.get(key) ?? this.#begin(key, name);
    if (!(ready instanceof Promise)) return ready;
    throw new NotLoadedError(
      ready,
      `this thread blocks, and ${name.specifier} can only be loaded while it does not; use the form that does not ` +
        "block, or import that module in this thread before",
    );
  }

  #begin(key: string, name: ModuleName): object | Promise<void> {
    const { parent, specifier, attributes, isRequired } = name;
    const ready = isRequired
      ? (nodeModule().createRequire(specifier)(specifier) as object)
      : builtin(specifier);
    if (ready !== undefined) {
      this.#loaded.set(key, ready);
      return ready;
    }
    guardEntry();
    const options = attributes && { with: attributes };
    const loading = importFrom(parent)(specifier, options).then(
      (namespace) => void this.#loaded.set(key, namespace as object),
      (error: unknown) => {
        this.#failed.set(key, error);
        // By then all who waited have asked again.
        setImmediate(() => this.#failed.delete(key));
      },
    );
    const settled = loading.then(() => void this.#loading.delete(key));
    this.#loading.set(key, settled);
    return settled;
  }
}
