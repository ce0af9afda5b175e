/**
 * What the text of a function says: its form, the names it takes from outside, and what it does with them.
 *
 * @packageDocumentation
 */
import { parser } from "../parser-later.ts";
import type * as acorn from "acorn";
import { RecentMap } from "../recent-map.ts";
import { headOf, type MethodHead } from "./method-head.ts";
import type { LexicalUse, Use } from "./scope.ts";
import { analyseScopes } from "./scopes.ts";

/** A range of the text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A name that the text takes from outside. */
export interface FreeName {
  readonly name: string;
  readonly uses: readonly Use[];
  /** The properties taken from it, if it is used in no other way. */
  readonly members: readonly string[] | undefined;
}

/** What makes the text unable to travel. */
export interface Obstacle {
  readonly what: LexicalUse | "assignment";
  readonly name: string;
  readonly start: number;
}

/** The text of one function or class, understood. */
export interface FunctionText {
  readonly text: string;
  readonly form: "arrow" | "function" | "method" | "class";
  readonly free: readonly FreeName[];
  readonly obstacles: readonly Obstacle[];
  /** `import.meta`. */
  readonly metas: readonly Range[];
  /** The keyword of `import(…)`. */
  readonly dynamicImports: readonly Range[];
  /** For a method: everything before its parameters, and what to write instead where that is more than a plain name. */
  readonly head: MethodHead | undefined;
  /** For a class: what it extends, an expression that was evaluated when the class was made. */
  readonly heritage: Range | undefined;
  /** For a class: names in computed keys, which were evaluated then, too, and perhaps not kept. */
  readonly keyNames: ReadonlySet<string>;
  /** Instances of the class hold private names, so no other code can make one. */
  readonly hasPrivateInstanceNames: boolean;
  /** The name that the text gives itself and uses, as in a recursive function. */
  readonly ownName: FreeName | undefined;
  /** Whether the text was only accepted as sloppy code. */
  readonly sloppy: boolean;
}

/** Texts analysed lately. Closures made in a loop share one. */
const KNOWN_TEXTS = 4096;
const known = new RecentMap<string, FunctionText | undefined>(KNOWN_TEXTS);

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/;

/** Whether a text is only a stand-in for native code. */
export function isNativeText(text: string): boolean {
  return NATIVE.test(text);
}

/** Analyses the text that `Function.prototype.toString` gives; `undefined` if it is not JavaScript that we know. */
export function analyseFunction(text: string): FunctionText | undefined {
  let result = known.get(text);
  if (result === undefined && !known.has(text)) {
    result = analyse(text);
    known.set(text, result);
  }
  return result;
}

type Root = acorn.FunctionExpression | acorn.ArrowFunctionExpression | acorn.ClassExpression;

interface Parsed {
  readonly root: Root;
  readonly method: acorn.MethodDefinition | acorn.Property | undefined;
  /** How many characters stand before the text in what was parsed. */
  readonly shift: number;
  readonly sloppy: boolean;
}

function analyse(text: string): FunctionText | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const { root, method, shift, sloppy } = parsed;
  const scopes = analyseScopes(root, !sloppy, false);
  const move = ({ start, end }: Range): Range => ({ start: start - shift, end: end - shift });
  const free = new Map<string, Use[]>();
  const own: Use[] = [];
  const keyNames = new Set<string>();
  const { heritage, keys } = definitionOf(root);
  const isKept = ({ start }: { start: number }): boolean =>
    heritage === undefined || !isWithin(heritage, start);
  const obstacles: Obstacle[] = scopes.lexical
    .filter(isKept)
    .map(({ what, name, start }) => ({ what, name, start: start - shift }));
  for (const use of scopes.uses) {
    if (!isKept(use)) continue;
    const binding = use.scope.find(use.name);
    const moved = { ...use, ...move(use) };
    if (binding?.kind === "self" && binding.start === root.id?.start) own.push(moved);
    if (binding !== undefined) continue;
    if (use.writes) obstacles.push({ what: "assignment", name: use.name, start: moved.start });
    if (keys.some((key) => isWithin(key, use.start))) keyNames.add(use.name);
    const uses = free.get(use.name);
    if (uses === undefined) free.set(use.name, [moved]);
    else uses.push(moved);
  }
  return {
    text,
    form: method
      ? "method"
      : root.type === "ArrowFunctionExpression"
        ? "arrow"
        : root.type === "ClassExpression"
          ? "class"
          : "function",
    free: Array.from(free, ([name, uses]) => freeName(name, uses)),
    obstacles,
    metas: scopes.metas.filter(isKept).map(move),
    dynamicImports: scopes.dynamicImports.filter(isKept).map(move),
    heritage: heritage && move(heritage),
    keyNames,
    head: method && headOf(text, method, method.start - shift, method.value.start - shift),
    hasPrivateInstanceNames: root.type === "ClassExpression" && root.body.body.some(isPrivateInstanceMember),
    ownName: own.length === 0 ? undefined : freeName(own[0]!.name, own),
    sloppy,
  };
}

/** The parts of a class that run when it is made, outside of any function of it. */
function definitionOf(root: Root): { heritage: Range | undefined; keys: Range[] } {
  if (root.type !== "ClassExpression") return { heritage: undefined, keys: [] };
  const { superClass } = root;
  // `extends null` is no class to take along.
  const heritage = superClass && superClass.type !== "Literal" ? superClass : undefined;
  const keys = root.body.body.flatMap((member) =>
    member.type !== "StaticBlock" && member.computed ? [member.key] : [],
  );
  return { heritage, keys };
}

function isWithin({ start, end }: Range, position: number): boolean {
  return start <= position && position < end;
}

function freeName(name: string, uses: readonly Use[]): FreeName {
  const members = new Set<string>();
  for (const { member } of uses) {
    if (member === undefined) return { name, uses, members: undefined };
    members.add(member);
  }
  return { name, uses, members: [...members] };
}

function isPrivateInstanceMember(
  member: acorn.MethodDefinition | acorn.PropertyDefinition | acorn.StaticBlock,
): boolean {
  return member.type !== "StaticBlock" && !member.static && member.key.type === "PrivateIdentifier";
}

const OPTIONS = {
  ecmaVersion: "latest",
  allowSuperOutsideMethod: true,
  checkPrivateFields: false,
} as const satisfies acorn.Options;

/** The forms that the text of a function has, and what makes each of them a program. */
const WRAPPERS = [
  { before: "function f(){return(", after: "\n)}", find: returned },
  { before: "(class extends Object{", after: "\n})", find: firstMember },
  { before: "({", after: "\n})", find: firstProperty },
];

function parse(text: string): Parsed | undefined {
  const acorn = parser();
  for (const sourceType of ["module", "script"] as const) {
    for (const { before, after, find } of WRAPPERS) {
      let program: acorn.Program;
      try {
        program = acorn.parse(before + text + after, { ...OPTIONS, sourceType });
      } catch {
        continue;
      }
      const found = find(program);
      if (found === undefined) continue;
      return { ...found, shift: before.length, sloppy: sourceType === "script" };
    }
  }
  return undefined;
}

interface Found {
  root: Root;
  method: Parsed["method"];
}

function returned(program: acorn.Program): Found | undefined {
  const statement = (program.body[0] as acorn.FunctionDeclaration).body.body[0];
  const root = statement?.type === "ReturnStatement" ? statement.argument : undefined;
  const isFunction = root?.type === "FunctionExpression" || root?.type === "ArrowFunctionExpression";
  return isFunction || root?.type === "ClassExpression" ? { root, method: undefined } : undefined;
}

function firstMember(program: acorn.Program): Found | undefined {
  const body = ((program.body[0] as acorn.ExpressionStatement).expression as acorn.ClassExpression).body.body;
  const method = body[0];
  if (body.length !== 1 || method?.type !== "MethodDefinition") return undefined;
  return { root: method.value, method };
}

function firstProperty(program: acorn.Program): Found | undefined {
  const { properties } = (program.body[0] as acorn.ExpressionStatement).expression as acorn.ObjectExpression;
  const method = properties[0];
  if (properties.length !== 1 || method?.type !== "Property" || method.value.type !== "FunctionExpression")
    return undefined;
  return { root: method.value, method };
}
