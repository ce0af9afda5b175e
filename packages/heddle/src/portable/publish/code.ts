/**
 * The code of a function apart from the values it closes over: all closures made at one place share it.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { FunctionText, FreeName, Range } from "../text/analyse.ts";
import type { Inspection, Inspector, Location, Variables } from "./inspect.ts";
import { importedModule, isEntry, keyOf, moduleAt, type ModuleName } from "../named/modules.ts";
import { refuseKey } from "../refusals.ts";
import { requiredPaths } from "../named/required.ts";
import { pathOf } from "../text/script-path.ts";
import { hasText, scriptAt, type Script } from "../text/script.ts";

/** A captured variable: which scope holds it. */
export interface CapturedName {
  /** What it is called in the scope. */
  readonly name: string;
  /** Counted from the innermost; {@link HERITAGE} for what a class extends. */
  readonly scope: number;
  /** The properties taken from it, if it is used in no other way. */
  readonly members: readonly string[] | undefined;
  /** It lives as long as the program: it is not made anew per call or per round. */
  readonly isLasting: boolean;
}

/** Not a scope: what the class itself says that it extends. */
export const HERITAGE = -1;

/** Code as it is sent. */
export interface CodeDescription {
  /** The text, with imports, `import()` and `import.meta` made into plain names. */
  readonly text: string;
  readonly form: FunctionText["form"];
  readonly name: string;
  readonly isStrict: boolean;
  /** The names that the receiver binds, in the order of the variables, modules and specials of the {@link Code}. */
  readonly names: readonly string[];
  /** URL or path of the script. */
  readonly url: string;
  /** Where the text begins in the script, counted from zero. */
  readonly line: number;
  readonly column: number;
}

/** Something bound that is not a captured value, but made by the receiver. */
export type Special = "call" | "import" | "meta" | "name";

/** The code of one place in a script. */
export interface Code {
  readonly description: CodeDescription;
  readonly text: FunctionText;
  readonly script: Script | undefined;
  /** Where the text begins in {@link script}, if that is what was run. */
  readonly start: number | undefined;
  readonly variables: readonly CapturedName[];
  readonly modules: readonly ModuleName[];
  readonly specials: readonly Special[];
  /** All that is captured lives as long as the program: nothing of it is made anew per call or per round. */
  readonly isLasting: boolean;
}

/** Where in its script a function stands, as far as is known. */
export interface Place {
  readonly url: string;
  readonly script: Script | undefined;
  readonly start: number | undefined;
  readonly line: number;
  readonly column: number;
}

/** Finds out where `text` stands. */
export function placeOf(text: string, inspection: Inspection, inspector: Inspector): Place {
  const { location } = inspection;
  if (location === undefined) return { url: "", script: undefined, start: undefined, line: 0, column: 0 };
  // To list all scripts takes 25 ms, and each of these is a script of its own.
  if (isMadeByConstructor(text, location)) {
    const { line, column } = location;
    return { url: "", script: undefined, start: undefined, line, column };
  }
  let url = inspector.scriptUrl(location.scriptId);
  if (url === "") {
    // The runtime only lists scripts whose top is still around: modules always are, CommonJS ones may not be.
    url = requiredPaths().find((path) => /\.[cm]?[jt]sx?$/.test(path) && hasText(path, text, location)) ?? "";
    inspector.learn(location.scriptId, url);
  }
  const script = scriptAt(url);
  const start = script?.locate(text, location);
  const { line, column } = start === undefined ? location : script!.positionOf(start);
  return { url, script, start, line, column };
}

/** Whether `new Function()` has made a function: its script is that alone, in brackets, with lines broken in a way that nobody writes. */
function isMadeByConstructor(text: string, { line, column }: Location): boolean {
  return line === 0 && column === text.indexOf("(") + 1 && /^[^\n(]* anonymous\([^\n]*\n\) \{\n/.test(text);
}

/**
 * Whether a function is one that shows it by itself that it is sloppy: a plain one, which others may ask for its caller. Up to Node 24 it
 * has a property of its own for that.
 */
export function isSloppy(fn: Function): boolean {
  try {
    void fn.caller;
    return true;
  } catch {
    return false;
  }
}

/** Decides for each free name of `fn` what it is, from the scopes around it. */
export function makeCode(
  fn: Function,
  text: FunctionText,
  inspection: Inspection,
  inspector: Inspector,
  place: Place,
): Code {
  const kinds = text.free.length === 0 ? [] : inspector.scopeKinds(fn);
  const names = new Names(text.text);
  const variables: CapturedName[] = [];
  for (const free of text.free) {
    if (names.isRunners(free, text.text, place.url)) continue;
    const scope = inspection.scopes.findIndex(
      (held, i) => kinds[i] !== "Global" && Object.hasOwn(held, free.name),
    );
    if (scope === -1) {
      if (text.keyNames.has(free.name) && !(free.name in globalThis)) throw refuseKey(fn, free.name, place);
      continue;
    }
    const outside = kinds[scope] === "Module" ? importable(free.name, place) : undefined;
    if (outside === undefined)
      variables.push({ name: free.name, scope, members: free.members, isLasting: isTop(kinds, scope) });
    else names.import(free, outside.module, outside.imported);
  }
  addHeritage(text, variables, names);
  const own = ownNameElsewhere(fn, text, place, inspection.scopes);
  if (own !== -1) {
    variables.push({
      name: text.ownName!.name,
      scope: own,
      members: undefined,
      isLasting: isTop(kinds, own),
    });
    names.replace(text.ownName!.name, "own", text.ownName!.uses);
  }
  names.rewrite(text);
  const isModule = kinds.includes("Module") || place.script?.isModule === true;
  return {
    text,
    script: place.script,
    start: place.start,
    variables,
    modules: names.modules,
    specials: names.specials,
    isLasting: variables.every((variable) => variable.isLasting),
    description: {
      text: names.apply(text.text),
      form: text.form,
      name: typeof fn.name === "string" ? fn.name : "",
      isStrict:
        !isSloppy(fn) &&
        !text.sloppy &&
        (isModule || place.start === undefined || place.script!.isStrictAt(place.start)),
      names: [
        ...variables.map(({ name }) => names.nameOf(name)),
        ...names.aliases,
        ...names.specials.map((special) => names.prefix + special),
      ],
      url: place.url,
      line: place.line,
      column: place.column,
    },
  };
}

/** Where another thread imports what `name` means at the top of a module: an import, or what the module exports. */
function importable(
  name: string,
  { script, url }: Place,
): { module: ModuleName; imported: string } | undefined {
  const origin = script?.imports.get(name);
  if (origin !== undefined) {
    const module = importedModule(url, origin);
    return module && { module, imported: origin.imported };
  }
  const exported = isEntry(url) ? undefined : script?.exports.get(name);
  return exported === undefined ? undefined : { module: moduleAt(url), imported: exported };
}

/**
 * Whether a scope is the top of a script. Without modules that is the function which a loader or test runner puts around
 * the text: the outermost closure.
 */
function isTop(kinds: readonly string[], scope: number): boolean {
  if (kinds[scope] === "Module" || kinds[scope] === "Script") return true;
  return kinds[scope] === "Closure" && !kinds.includes("Module") && kinds.lastIndexOf("Closure") === scope;
}

/** Takes what a class extends from the class: the variable it came from need not exist any more. */
function addHeritage({ heritage }: FunctionText, variables: CapturedName[], names: Names): void {
  if (heritage === undefined) return;
  variables.push({ name: "extends", scope: HERITAGE, members: undefined, isLasting: true });
  names.replace("extends", "base", [heritage]);
}

/**
 * The scope that holds what a function means by its own name, if that may be something else than the function: a
 * declared function can be assigned over, as in `visit = memoize(visit)`. Otherwise -1: its text says it all.
 */
function ownNameElsewhere(
  fn: Function,
  { form, ownName }: FunctionText,
  place: Place,
  scopes: readonly Variables[],
): number {
  if (form !== "function" || ownName === undefined) return -1;
  const scope = scopes.findIndex((held) => Object.hasOwn(held, ownName.name));
  if (scope === -1) return -1;
  const isOther = scopes[scope]![ownName.name] !== fn;
  const changes =
    place.start !== undefined && place.script!.constancy(ownName.name, place.start) === "changes";
  return isOther || changes ? scope : -1;
}

/** Code whose captured values are given by name, in place of scopes. */
export function makeExplicitCode(
  fn: Function,
  text: FunctionText,
  captured: ReadonlySet<string>,
  url: string,
): Code {
  const names = new Names(text.text);
  const variables: CapturedName[] = [];
  for (const free of text.free) {
    const { name, members } = free;
    if (captured.has(name)) variables.push({ name, scope: 0, members, isLasting: false });
    else names.isRunners(free, text.text, url);
  }
  addHeritage(text, variables, names);
  names.rewrite(text);
  return {
    text,
    script: undefined,
    start: undefined,
    variables,
    modules: [],
    specials: names.specials,
    isLasting: false,
    description: {
      text: names.apply(text.text),
      form: text.form,
      name: fn.name,
      isStrict: !isSloppy(fn) && !text.sloppy,
      names: [
        ...variables.map(({ name }) => names.nameOf(name)),
        ...names.specials.map((special) => names.prefix + special),
      ],
      url,
      line: 0,
      column: 0,
    },
  };
}

/**
 * What vitest (through vite) writes instead of `import()` and `import.meta`, and the helper by which esbuild, and so
 * tsx, keeps the names of functions.
 */
const RUNNERS_NAMES: ReadonlyMap<string, Special> = new Map([
  ["__vite_ssr_dynamic_import__", "import"],
  ["__vite_ssr_import_meta__", "meta"],
  ["__name", "name"],
]);

/** Whether a name means something that is made anew in each thread. */
export function isRunnersName(name: string): boolean {
  return RUNNERS_NAMES.has(name);
}

/** Whether a name is one that vite, and so vitest, gives a module that is imported. It may hold a proxy of the namespace. */
export function isRunnersImport(name: string): boolean {
  return /^__vi(?:te_ssr)?_import_\d+__$/.test(name);
}

/** The file that vite means by `specifier` in the module at `path`. */
function projectPath(specifier: string, path: string): string {
  if (specifier.startsWith("/@fs/")) return specifier.slice("/@fs".length);
  for (let root = dirname(path); root !== dirname(root); root = dirname(root)) {
    if (existsSync(root + specifier)) return root + specifier;
  }
  return specifier;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Names for what is not a plain captured variable, and the edits of the text that put them in. */
class Names {
  readonly prefix: string;
  readonly modules: ModuleName[] = [];
  readonly aliases: string[] = [];
  readonly specials: Special[] = [];
  readonly #edits: Edit[] = [];
  readonly #renamed = new Map<string, string>();
  readonly #aliasOf = new Map<string, string>();

  constructor(text: string) {
    let prefix = "$heddle_";
    while (text.includes(prefix)) prefix = `$${prefix}`;
    this.prefix = prefix;
  }

  /** Makes an imported name refer to the module, so that it stays as live as an import is. */
  import(free: FreeName, module: ModuleName, imported: string): void {
    if (imported === "*") {
      this.modules.push(module);
      this.aliases.push(free.name);
      return;
    }
    const alias = this.#alias(module);
    const member = /^[\w$]+$/.test(imported)
      ? `${alias}.${imported}`
      : `${alias}[${JSON.stringify(imported)}]`;
    for (const { start, end, called, shorthand } of free.uses) {
      // An import is called without `this`. A parenthesis would do, but for semicolons that were left out.
      const value = called ? `${this.#special("call")}(${member})` : member;
      this.#edits.push({ start, end, replacement: shorthand ? `${free.name}:${value}` : value });
    }
  }

  /** Whether a loader or test runner put the name there. Then it means what it stands for in the other thread. */
  isRunners({ name, uses }: FreeName, text: string, url: string): boolean {
    const special = RUNNERS_NAMES.get(name);
    if (special === undefined) return false;
    for (const { start, end } of uses) {
      this.#edits.push({ start, end, replacement: this.#special(special) });
      if (special === "import") this.#edits.push(...this.#restored(text, end, url));
    }
    return true;
  }

  /** Vite makes what is imported relative to the root of the project; here it is made absolute. */
  #restored(text: string, from: number, url: string): Edit[] {
    const [call, specifier] = /^\(\s*"(\/[^"]*)"/.exec(text.slice(from)) ?? [];
    if (call === undefined) return [];
    const end = from + call.length;
    const replacement = JSON.stringify(projectPath(specifier!, pathOf(url) ?? ""));
    return [{ start: end - JSON.stringify(specifier).length, end, replacement }];
  }

  /** Makes what stands at `ranges` a captured variable with a name of ours. */
  replace(variable: string, as: string, ranges: readonly (Range & { readonly shorthand?: boolean })[]): void {
    const alias = this.prefix + as;
    this.#renamed.set(variable, alias);
    for (const { start, end, shorthand } of ranges) {
      this.#edits.push({ start, end, replacement: shorthand ? `${variable}:${alias}` : alias });
    }
  }

  /** What a captured variable is called in the text. */
  nameOf(variable: string): string {
    return this.#renamed.get(variable) ?? variable;
  }

  /** Replaces what is only allowed in a module, or where the text stood. */
  rewrite(text: FunctionText): void {
    for (const { start, end } of text.dynamicImports)
      this.#edits.push({ start, end, replacement: this.#special("import") });
    for (const { start, end } of text.metas)
      this.#edits.push({ start, end, replacement: this.#special("meta") });
    if (text.head) this.#edits.push(text.head);
  }

  apply(text: string): string {
    let result = "";
    let done = 0;
    for (const { start, end, replacement } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      result += text.slice(done, start) + replacement;
      done = end;
    }
    return result + text.slice(done);
  }

  #alias(module: ModuleName): string {
    const key = keyOf(module);
    let alias = this.#aliasOf.get(key);
    if (alias === undefined) {
      alias = `${this.prefix}${this.modules.length}`;
      this.#aliasOf.set(key, alias);
      this.modules.push(module);
      this.aliases.push(alias);
    }
    return alias;
  }

  #special(special: Special): string {
    if (!this.specials.includes(special)) this.specials.push(special);
    return this.prefix + special;
  }
}
