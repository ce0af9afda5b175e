/**
 * Things that every thread has under the same name: globals and their members, built-in modules and theirs, and
 * what Heddle itself declares to be everywhere.
 *
 * @packageDocumentation
 */
import { mainRealm } from "../named/realm.ts";
import { declaredThings, HEDDLE, type Name } from "./declared.ts";

/** Globals that are no functions, or that Node defines by accessors, and mean the same in every thread. */
const GLOBALS = [
  "globalThis",
  "Math",
  "JSON",
  "Reflect",
  "Atomics",
  "Intl",
  "WebAssembly",
  "console",
  "process",
  "Buffer",
  "crypto",
  "performance",
];

let index: Map<object, Name> | undefined;
let indexedModules = 0;

/** The name of a built-in function, object or module; `undefined` for everything else. */
export function builtinName(thing: object): Name | undefined {
  const loaded = loadedBuiltins();
  if (index === undefined || loaded.length !== indexedModules) {
    index = makeIndex(loaded);
    indexedModules = loaded.length;
  }
  return index.get(thing) ?? lazyGlobalName(thing);
}

let objects: Map<object, Name> | undefined;
let objectModules = 0;

/** The name of a global object such as `Math` or `process`, or of a built-in module: these are never copied. */
export function builtinObjectName(thing: object): Name | undefined {
  const count = moduleLoadList()?.length ?? 0;
  if (objects === undefined || count !== objectModules) {
    objects = new Map();
    for (const realm of realms()) {
      for (const name of GLOBALS) if (typeof realm[name] === "object") objects.set(realm[name]!, ["", name]);
    }
    for (const id of loadedBuiltins()) objects.set(process.getBuiltinModule(id) as object, [builtinId(id)]);
    objectModules = count;
  }
  return objects.get(thing);
}

/** What `name` means in this thread. */
export function thingNamed(name: Name): unknown {
  const [root, ...path] = name;
  let thing: unknown;
  if (root === "") thing = globalThis;
  else if (root === HEDDLE) thing = declaredThings();
  else thing = process.getBuiltinModule(root!);
  for (const key of path) thing = (thing as Record<string, unknown> | undefined)?.[key];
  return thing;
}

function realms(): Record<string, unknown>[] {
  const main = mainRealm();
  const own = globalThis as Record<string, unknown>;
  return main === own ? [own] : [own, main];
}

/** Built-in modules that have been loaded: asking for others would load them, and some of those warn. */
function loadedBuiltins(): string[] {
  const { builtinModules } = process.getBuiltinModule("node:module");
  const list = moduleLoadList();
  if (list === undefined) return builtinModules.filter((id) => !id.startsWith("_"));
  const loaded = new Set(list);
  return builtinModules.filter(
    (id) => !id.startsWith("_") && loaded.has(`NativeModule ${id.replace(/^node:/, "")}`),
  );
}

function moduleLoadList(): readonly string[] | undefined {
  return (process as { moduleLoadList?: readonly string[] }).moduleLoadList;
}

function builtinId(id: string): string {
  return id.startsWith("node:") ? id : `node:${id}`;
}

function makeIndex(modules: readonly string[]): Map<object, Name> {
  const names = new Map<object, Name>();
  for (const realm of realms()) {
    addMembers(names, realm, [""]);
    for (const [thing, name] of Array.from(names))
      if (name.length === 2 && name[0] === "") addMembers(names, thing as Members, name);
    for (const [thing, name] of Array.from(names)) {
      if (name.length !== 2 || name[0] !== "" || typeof thing !== "function") continue;
      const { prototype } = thing as { prototype?: Members };
      if (prototype) addMembers(names, prototype, [...name, "prototype"]);
    }
  }
  for (const id of modules) {
    const name = [builtinId(id)];
    const exports = process.getBuiltinModule(id) as Members;
    if (!names.has(exports)) names.set(exports, name);
    addMembers(names, exports, name);
  }
  return names;
}

type Members = Readonly<Record<string, unknown>>;

/** Adds functions that are plain properties (reading an accessor may have effects), and what {@link GLOBALS} names. */
function addMembers(names: Map<object, Name>, owner: Members, name: Name): void {
  const isRealm = name.length === 1 && name[0] === "";
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
    const isGlobal = isRealm && GLOBALS.includes(key);
    const value: unknown = isGlobal ? (owner as Record<string, unknown>)[key] : descriptor.value;
    if (
      (typeof value === "function" || (isGlobal && typeof value === "object" && value)) &&
      !names.has(value)
    ) {
      names.set(value, [...name, key]);
      const behind = classBehind(value);
      if (behind !== undefined && !names.has(behind)) names.set(behind, [...name, key]);
    }
  }
}

/** A class that is exported by a function which warns, then makes an instance: they have one prototype. */
function classBehind(value: unknown): Function | undefined {
  if (typeof value !== "function" || value.name !== "deprecated") return undefined;
  const { prototype } = value as { prototype?: { constructor?: unknown } };
  const constructor = prototype && Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof constructor === "function" && constructor !== value && constructor.prototype === prototype
    ? constructor
    : undefined;
}

/** Some globals are accessors that load a class when first asked for. */
function lazyGlobalName(thing: object): Name | undefined {
  if (typeof thing !== "function" || !/^[A-Z]/.test(thing.name)) return undefined;
  return realms().some((realm) => realm[thing.name] === thing) ? ["", thing.name] : undefined;
}
