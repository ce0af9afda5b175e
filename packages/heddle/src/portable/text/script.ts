/**
 * What the source of a whole script says: what it imports and exports, and which bindings keep their first value.
 *
 * The source is read from where the script's URL points. A loader may have run something else (tsx, vitest, jest,
 * a bundler's watch mode); then positions do not match, and only what is true of names is believed.
 *
 * @packageDocumentation
 */
import { parser } from "../parser-later.ts";
import type * as acorn from "acorn";
import { readFileSync } from "node:fs";
import type { Location } from "../publish/inspect.ts";
import { forEachTarget } from "./patterns.ts";
import { pathOf } from "./script-path.ts";
import type { Scope } from "./scope.ts";
import { analyseScopes } from "./scopes.ts";
import { stripTypes } from "./strip-types.ts";

/** Where an imported name comes from. */
export interface ImportOrigin {
  readonly specifier: string;
  /** The name on the other side; "*" for the namespace. */
  readonly imported: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
}

/** Whether a binding keeps the first value it gets. */
export type Constancy = "constant" | "constant once defined" | "changes";

/** The source of one script. */
export class Script {
  readonly source: string;
  readonly isModule: boolean;
  /** Local name to origin. */
  readonly imports: ReadonlyMap<string, ImportOrigin>;
  /** Local name to exported name. */
  readonly exports: ReadonlyMap<string, string>;
  /** Where the function or class begins that `export default` declares. */
  readonly defaultExportStart: number | undefined;
  readonly #root: Scope;
  /** Names that are assigned anywhere. */
  readonly #assigned: ReadonlySet<string>;
  #lineStarts: number[] | undefined;
  #scopes: readonly Scope[] | undefined;

  constructor(source: string, program: acorn.Program, isModule: boolean) {
    const { root, uses } = analyseScopes(program, isModule, true);
    this.source = source;
    this.isModule = isModule;
    this.#root = root;
    this.#assigned = new Set(uses.filter(({ writes }) => writes).map(({ name }) => name));
    this.imports = importsOf(program);
    this.exports = exportsOf(program);
    this.defaultExportStart = program.body.find(
      (node) => node.type === "ExportDefaultDeclaration",
    )?.declaration.start;
  }

  /** Where `text` begins if it really stands around `location`; `undefined` if something else was run. */
  locate(text: string, location: Location): number | undefined {
    return locate(this.source, (this.#lineStarts ??= lineStartsOf(this.source)), text, location);
  }

  /** Line and column, from zero, of an offset. */
  positionOf(offset: number): { line: number; column: number } {
    const starts = (this.#lineStarts ??= lineStartsOf(this.source));
    const next = starts.findIndex((start) => start > offset);
    const line = (next === -1 ? starts.length : next) - 1;
    return { line, column: offset - starts[line]! };
  }

  /** Whether the text at `start` is strict code. */
  isStrictAt(start: number): boolean {
    return this.#root.at(start).strict;
  }

  /**
   * Whether what `name` means around `start` keeps its value.
   *
   * @param start - Where the text of the function begins; `undefined` if it is not known.
   */
  constancy(name: string, start: number | undefined): Constancy {
    if (start === undefined) return this.#constancyByName(name);
    const inside = this.#root.at(start);
    // The scope at the very beginning of a function is its own, and may declare the name again.
    const around = inside.start === start ? (inside.parent ?? inside) : inside;
    for (let scope: Scope | undefined = around; scope !== undefined; scope = scope.parent) {
      const binding = scope.bindings.get(name);
      if (binding === undefined) continue;
      if (binding.reassigned || scope.isUnknowable || binding.kind === "import") return "changes";
      return binding.kind === "var" ? "constant once defined" : "constant";
    }
    return "changes";
  }

  /** The line, from one, on which the binding that `name` means at `start` is declared. */
  lineOf(name: string, start: number | undefined): number | undefined {
    const binding =
      start === undefined
        ? this.#allScopes()
            .find((scope) => scope.bindings.has(name))
            ?.bindings.get(name)
        : this.#root.at(start).find(name);
    if (binding === undefined) return undefined;
    return this.source.slice(0, binding.start).split(LINE_BREAK).length;
  }

  /** As {@link constancy}, of all bindings with that name: true wherever the function may stand. */
  #constancyByName(name: string): Constancy {
    if (this.#assigned.has(name)) return "changes";
    let found: Constancy | undefined;
    for (const scope of this.#allScopes()) {
      const binding = scope.bindings.get(name);
      if (binding === undefined) continue;
      if (binding.reassigned || scope.isUnknowable || binding.kind === "import") return "changes";
      // A loader may have turned any declaration into a `var`.
      found = "constant once defined";
    }
    return found ?? "changes";
  }

  #allScopes(): readonly Scope[] {
    if (this.#scopes === undefined) {
      const scopes: Scope[] = [this.#root];
      for (let i = 0; i < scopes.length; i++) scopes.push(...scopes[i]!.children);
      this.#scopes = scopes;
    }
    return this.#scopes;
  }
}

function locate(
  source: string,
  lineStarts: readonly number[],
  text: string,
  location: Location,
): number | undefined {
  const lineStart = lineStarts[location.line];
  if (lineStart === undefined) return undefined;
  const position = lineStart + location.column;
  const start = source.lastIndexOf(text, position);
  return start !== -1 && position < start + text.length ? start : undefined;
}

/** Whether the file at `path` has `text` around `location`. Does not parse the file. */
export function hasText(path: string, text: string, location: Location): boolean {
  const source = sourceAt(path);
  return source !== undefined && locate(source, lineStartsOf(source), text, location) !== undefined;
}

const scripts = new Map<string, Script | undefined>();

/** The script at a URL or path, if its source can be had and read. */
export function scriptAt(url: string): Script | undefined {
  if (scripts.has(url)) return scripts.get(url);
  const source = sourceAt(url);
  const script = source === undefined ? undefined : parseScript(source);
  scripts.set(url, script);
  return script;
}

function sourceAt(url: string): string | undefined {
  const path = pathOf(url);
  if (path === undefined) return undefined;
  let source: string;
  try {
    source = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
  return TYPESCRIPT.test(url) ? stripTypes(source) : source;
}

const TYPESCRIPT = /\.[cm]?tsx?(\?.*)?$/;

function parseScript(source: string): Script | undefined {
  const { parse } = parser();
  for (const sourceType of ["module", "commonjs"] as const) {
    try {
      const program = parse(source, {
        ecmaVersion: "latest",
        sourceType,
        checkPrivateFields: false,
      });
      return new Script(source, program, sourceType === "module" && program.body.some(isModuleSyntax));
    } catch {
      // The next kind may do.
    }
  }
  return undefined;
}

function isModuleSyntax({ type }: acorn.Node): boolean {
  return type.startsWith("Import") || type.startsWith("Export");
}

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/;

function lineStartsOf(source: string): number[] {
  const starts = [0];
  for (const match of source.matchAll(new RegExp(LINE_BREAK, "g")))
    starts.push(match.index + match[0].length);
  return starts;
}

function importsOf(program: acorn.Program): Map<string, ImportOrigin> {
  const imports = new Map<string, ImportOrigin>();
  for (const node of program.body) {
    if (node.type !== "ImportDeclaration") continue;
    const specifier = String(node.source.value);
    const attributes = attributesOf(node.attributes);
    for (const item of node.specifiers) {
      const imported =
        item.type === "ImportSpecifier"
          ? nameOf(item.imported)
          : item.type === "ImportDefaultSpecifier"
            ? "default"
            : "*";
      imports.set(item.local.name, { specifier, imported, attributes });
    }
  }
  return imports;
}

function attributesOf(attributes: readonly acorn.ImportAttribute[]): Record<string, string> | undefined {
  if (attributes.length === 0) return undefined;
  return Object.fromEntries(attributes.map(({ key, value }) => [nameOf(key), String(value.value)]));
}

function exportsOf(program: acorn.Program): Map<string, string> {
  const exports = new Map<string, string>();
  for (const node of program.body) {
    if (node.type === "ExportDefaultDeclaration") {
      const { declaration } = node;
      if (declaration.type === "Identifier") exports.set(declaration.name, "default");
      else if ("id" in declaration && declaration.id) exports.set(declaration.id.name, "default");
      else exports.set("*default*", "default");
    } else if (node.type === "ExportNamedDeclaration" && !node.source) {
      for (const { local, exported } of node.specifiers) exports.set(nameOf(local), nameOf(exported));
      const { declaration } = node;
      if (declaration?.type === "VariableDeclaration") {
        for (const { id } of declaration.declarations) {
          forEachTarget(id, { name: ({ name }) => exports.set(name, name), expression: () => {} });
        }
      } else if (declaration) exports.set(declaration.id.name, declaration.id.name);
    }
  }
  return exports;
}

function nameOf(node: acorn.Identifier | acorn.Literal): string {
  return node.type === "Identifier" ? node.name : String(node.value);
}
