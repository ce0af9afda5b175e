/** Reads TypeScript files as syntax trees, with the docstrings in them. */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** A node of a syntax tree (ESTree with TypeScript), looked at by name. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One file: its text, its statements, and where its docstrings end. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly body: readonly Node[];
  /** The text of each docstring, without its stars, by the offset where it ends. */
  readonly docstrings: ReadonlyMap<number, string>;
}

const known = new Map<string, Source>();

/** Parses a file; once, however often it is asked for. */
export function sourceOf(file: string): Source {
  let source = known.get(file);
  if (source === undefined) {
    const text = readFileSync(file, "utf8");
    const { program, comments, errors } = parseSync(file, text);
    if (errors[0] !== undefined) throw new SyntaxError(`Cannot read ${file}: ${errors[0].message}`);
    const docstrings = comments
      .filter(({ type, value }) => type === "Block" && value.startsWith("*"))
      .map(({ end, value }): [number, string] => [end, withoutStars(value)]);
    source = { file, text, body: program.body as unknown as Node[], docstrings: new Map(docstrings) };
    known.set(file, source);
  }
  return source;
}

/** The docstring that stands right before a node, but for line comments; undefined if there is none. */
export function docstringOf({ text, docstrings }: Source, node: Node): string | undefined {
  const before = text.slice(0, node.start).replace(/(\n[ \t]*\/\/[^\n]*)*\s*$/, "");
  return docstrings.get(before.length);
}

/** A value that may be a node, and all nodes in it. */
export function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value) yield value as Node;
  for (const part of Object.values(value)) yield* nodesIn(part);
}

function withoutStars(comment: string): string {
  return comment
    .slice(1)
    .replaceAll(/^[ \t]*\*? ?/gm, "")
    .trim();
}
