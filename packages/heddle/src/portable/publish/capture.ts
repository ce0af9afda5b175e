/**
 * Finds out what a function is: something with a name that every thread knows, an export of a module, another
 * function with arguments bound to it, or code with the values it closes over.
 *
 * @packageDocumentation
 */
import { mayCompile } from "../revive/rebuild.ts";
import { types } from "node:util";
import { analyseFunction, isNativeText, type FunctionText } from "../text/analyse.ts";
import { finishedModule } from "../text/bundled.ts";
import {
  HERITAGE,
  isRunnersName,
  isSloppy,
  makeCode,
  makeExplicitCode,
  placeOf,
  type Code,
  type Place,
} from "./code.ts";
import { explicitCaptures, moduleExportOf } from "../explicit.ts";
import { inspector, type BoundFunction, type Inspection, type Inspector, type Variables } from "./inspect.ts";
import { isEntry, moduleAt, type ModuleName } from "../named/modules.ts";
import { declaredName, type Name } from "../named/declared.ts";
import { builtinName } from "../named/names.ts";
import { pathOf } from "../text/script-path.ts";
import { notInitialised, refuse, refuseObstacle } from "../refusals.ts";
import { RecentMap } from "../recent-map.ts";
import { requiredExports } from "../named/required.ts";

/** What a function is, as far as sending it goes. */
export type Captured =
  | { readonly kind: "named"; readonly name: Name }
  | { readonly kind: "exported"; readonly module: ModuleName; readonly path: readonly string[] }
  | { readonly kind: "bound"; readonly bound: BoundFunction }
  | { readonly kind: "code"; readonly code: Code; readonly values: readonly unknown[] };

/** Globals that nobody shadows. */
const CONSTANTS: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

/** Places whose code is kept at least. */
const KNOWN_PLACES = 4096;
const codeByPlace = new RecentMap<string, Code>(KNOWN_PLACES);
/** Code of functions that use no name from outside, not even a global: their text says it all, as long as they are strict. */
const codeByText = new RecentMap<string, Code>(KNOWN_PLACES);

/**
 * Looks into a function.
 *
 * @throws `PortabilityError` when it cannot travel.
 */
export function capture(fn: Function): Captured {
  const exported = moduleExportOf(fn);
  if (exported !== undefined) return { kind: "exported", ...exported };
  const name = declaredName(fn);
  if (name !== undefined) return { kind: "named", name };
  if (types.isProxy(fn))
    throw refuse(fn, "it is a Proxy, whose handler stays behind", "send the function behind it");
  const source = Function.prototype.toString.call(fn);
  if (isNativeText(source)) return captureNative(fn);
  const text = analyseFunction(source);
  if (text === undefined)
    throw refuse(fn, "its text is no JavaScript that can be read", "send a function written as a function");
  const known = isSloppy(fn) ? undefined : codeByText.get(source);
  if (known !== undefined) return { kind: "code", code: known, values: [] };
  return captureText(fn, text);
}

function captureNative(fn: Function): Captured {
  const name = builtinName(fn);
  // None of the platform's global functions is a bound one: the program has put it there.
  const isGlobal = name?.length === 2 && name[0] === "";
  if (name !== undefined && !isGlobal) return { kind: "named", name };
  const bound = inspector()?.inspect(fn).bound;
  if (bound !== undefined) return { kind: "bound", bound };
  if (name !== undefined) return { kind: "named", name };
  throw refuse(
    fn,
    "it is native code with no name that other threads know",
    "wrap it: (...args) => original(...args), with `original` reachable there",
  );
}

function captureText(fn: Function, text: FunctionText): Captured {
  const given = explicitCaptures(fn);
  if (given !== undefined) return captureExplicit(fn, text, given.captures, given.url);
  const looking = inspector();
  if (looking === undefined) {
    if (text.free.every(({ name }) => name in globalThis)) {
      return { kind: "code", code: makeExplicitCode(fn, text, new Set(), ""), values: [] };
    }
    throw refuse(
      fn,
      "this runtime cannot look into a closure",
      mayCompile()
        ? "name what it captures: portable(fn, { captures: { … } }), or use fromModule()"
        : "use fromModule(), or run the program without --disallow-code-generation-from-strings",
    );
  }
  const inspection = looking.inspect(fn);
  const code = codeAt(fn, text, inspection, looking);
  return "kind" in code ? code : { kind: "code", code, values: readVariables(fn, code, inspection.scopes) };
}

function codeAt(
  fn: Function,
  text: FunctionText,
  inspection: Inspection,
  looking: Inspector,
): Code | Captured {
  const { location } = inspection;
  const key = location && `${location.scriptId}:${location.line}:${location.column}`;
  const known = key === undefined ? undefined : codeByPlace.get(key);
  if (known !== undefined) return known;
  const place = placeOf(text.text, inspection, looking);
  if (place.url.startsWith("node:")) return captureInternal(fn);
  const exported = exportOf(fn, place, inspection, looking);
  if (exported !== undefined) return exported;
  const sent = finishedModule(text, inspection.scopes) ?? text;
  for (const obstacle of sent.obstacles) throw refuseObstacle(fn, obstacle, place);
  const code = makeCode(fn, sent, inspection, looking, place);
  if (key !== undefined) codeByPlace.set(key, code);
  if (standsAlone(code) && !isSloppy(fn)) codeByText.set(text.text, code);
  return code;
}

/** Whether any function with this text is the same: a name that is a global here may be a variable elsewhere. */
export function standsAlone({ text, description }: Code): boolean {
  return (
    text.form !== "class" &&
    description.names.length === 0 &&
    text.free.every(({ name }) => CONSTANTS.has(name))
  );
}

/** Node's own functions are code, too, but code that only works inside Node. */
function captureInternal(fn: Function): Captured {
  const name = builtinName(fn);
  if (name !== undefined) return { kind: "named", name };
  throw refuse(
    fn,
    "it was made inside Node and has no name that other threads know",
    "wrap it in a function that makes it where it runs",
  );
}

function captureExplicit(
  fn: Function,
  text: FunctionText,
  captures: Readonly<Record<string, unknown>>,
  url: string,
): Captured {
  for (const obstacle of text.obstacles) throw refuseObstacle(fn, obstacle, undefined);
  for (const { name } of text.free) {
    if (!Object.hasOwn(captures, name) && !(name in globalThis) && !isRunnersName(name)) {
      throw refuse(
        fn,
        `it uses "${name}", which is not among its captures`,
        `add it: portable(fn, { captures: { ${name} } })`,
        name,
      );
    }
  }
  const code = explicitCode(fn, text, captures, url);
  return { kind: "code", code, values: readCaptures(fn, code, captures) };
}

function explicitCode(
  fn: Function,
  text: FunctionText,
  captures: Readonly<Record<string, unknown>>,
  url: string,
): Code {
  const names = Object.keys(captures);
  const key = JSON.stringify([text.text, url, names.toSorted()]);
  let code = codeByPlace.get(key);
  if (code === undefined) {
    code = makeExplicitCode(fn, text, new Set(names), url);
    codeByPlace.set(key, code);
  }
  return code;
}

/** Reads the captured variables of a function again. */
export function recapture(fn: Function, code: Code): readonly unknown[] {
  const given = explicitCaptures(fn);
  if (given !== undefined) return readCaptures(fn, code, given.captures);
  return readVariables(fn, code, inspector()!.inspect(fn).scopes);
}

function readCaptures(
  fn: Function,
  code: Code,
  captures: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  return code.variables.map(({ name, scope }) =>
    scope === HERITAGE ? (Object.getPrototypeOf(fn) as unknown) : captures[name],
  );
}

/** Whether each captured variable keeps the value it has now. */
export function keepsValues(fn: Function, code: Code, values: readonly unknown[]): boolean {
  const given = explicitCaptures(fn);
  if (given !== undefined) return Object.isFrozen(given.captures);
  return code.variables.every(({ name, scope }, i) => {
    if (scope === HERITAGE) return true;
    const constancy = code.script?.constancy(name, code.start) ?? "changes";
    return constancy === "constant" || (constancy === "constant once defined" && values[i] !== undefined);
  });
}

function readVariables(fn: Function, code: Code, scopes: readonly Variables[]): unknown[] {
  return code.variables.map((variable) => {
    if (variable.scope === HERITAGE) return Object.getPrototypeOf(fn) as unknown;
    try {
      return scopes[variable.scope]![variable.name];
    } catch (error) {
      throw notInitialised(fn, variable, code, error);
    }
  });
}

/** The module that exports `fn`, unless that is the entry module, which no worker runs. */
function exportOf(
  fn: Function,
  place: Place,
  inspection: Inspection,
  looking: Inspector,
): Captured | undefined {
  if (isEntry(place.url)) return undefined;
  const scope = looking.scopeKinds(fn).indexOf("Module");
  if (scope === -1) return requiredExportOf(fn, place.url);
  for (const [local, exported] of place.script?.exports ?? []) {
    if (
      local === "*default*" ? isDefaultExport(fn, place) : valueOf(inspection.scopes[scope]!, local) === fn
    ) {
      return { kind: "exported", module: moduleAt(place.url), path: [exported] };
    }
  }
  return undefined;
}

function isDefaultExport(fn: Function, { script, start }: Place): boolean {
  return fn.name === "default" && start !== undefined && script!.defaultExportStart === start;
}

function valueOf(variables: Variables, name: string): unknown {
  try {
    return variables[name];
  } catch {
    // Not initialised yet, hence not what we look for.
    return undefined;
  }
}

/** As {@link exportOf}, for a CommonJS module that Node loaded. */
function requiredExportOf(fn: Function, url: string): Captured | undefined {
  const path = pathOf(url);
  const exports = path === undefined ? undefined : requiredExports(path);
  if (exports === fn) return { kind: "exported", module: moduleAt(path!, true), path: [] };
  if (typeof exports !== "object" && typeof exports !== "function") return undefined;
  for (const name of Object.keys(exports ?? {})) {
    if (valueOf(exports as Variables, name) === fn)
      return { kind: "exported", module: moduleAt(path!, true), path: [name] };
  }
  return undefined;
}
