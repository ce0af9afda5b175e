/**
 * Turns the comments `// => value` and `// throws` of an example into checks.
 *
 * The types are stripped first, and every edit stays on its line, so that a stack trace names the document's lines.
 */
import { stripTypeScriptTypes } from "node:module";
import { parse } from "acorn";
import type { Comment, Node } from "acorn";

/** An example with its checks in place. */
export interface CheckedCode {
  readonly code: string;
  /** The line of each check, counted from 1 in the example. */
  readonly lines: readonly number[];
}

/** Text to put in at a position, in place of what stands up to `end`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The parts of a syntax tree's nodes that are looked at here. */
interface Statement extends Node {
  readonly expression?: Node & { readonly callee?: Node };
  readonly declarations?: readonly { readonly id: Node & { readonly name?: string } }[];
}

/**
 * Puts the checks in, as calls of the functions of `runtime.ts` under the name `name`.
 *
 * @param firstLine - The line of the document in which the example begins.
 * @throws `SyntaxError` when the code cannot be parsed, or a comment follows nothing that can be checked.
 */
export function withChecks(typescript: string, name: string, firstLine: number): CheckedCode {
  const code = stripTypeScriptTypes(typescript);
  const comments: Comment[] = [];
  const tree = parse(code, {
    ecmaVersion: "latest",
    sourceType: "module",
    locations: true,
    onComment: comments,
  });
  const statements = statementsIn(tree);
  const edits: Edit[] = [];
  const lines: number[] = [];

  for (const comment of comments) {
    const [, kind, text = ""] = /^ (=>|throws\b)(.*)$/.exec(comment.value) ?? [];
    const before = code.slice(code.lastIndexOf("\n", comment.start) + 1, comment.start).trim();
    if (comment.type !== "Line" || kind === undefined || (kind === "throws" && before === "")) continue;
    const line = firstLine + (comment.loc?.start.line ?? 0) - 1;
    const statement = statements.findLast(
      ({ end }) => end <= comment.start && code.slice(end, comment.start).trim() === "",
    );
    const check = kind === "=>" ? valueCheck : throwCheck;
    const made = statement && check(statement, code, name, `${line}, ${JSON.stringify(text.trim())}`);
    if (made === undefined)
      throw new SyntaxError(`line ${line}: "//${comment.value}" follows nothing that it can check`);
    edits.push(...made);
    lines.push(line);
  }
  return { code: applied(edits, code), lines };
}

/** `expression;`, `console.log(...);` or `const name = ...;` */
function valueCheck(statement: Statement, code: string, name: string, expected: string): Edit[] | undefined {
  const { expression, declarations } = statement;
  if (expression !== undefined) {
    const { callee } = expression;
    if (callee !== undefined && code.slice(callee.start, callee.end) === "console.log") {
      return [{ ...rangeOf(callee), text: `${name}.printed(${expected})` }];
    }
    return [
      { start: expression.start, end: expression.start, text: `${name}.value(${expected}, (` },
      { start: expression.end, end: expression.end, text: "))" },
    ];
  }
  const declared = declarations?.length === 1 ? declarations[0]?.id.name : undefined;
  if (declared === undefined) return undefined;
  return [{ start: statement.end, end: statement.end, text: `;${name}.value(${expected}, ${declared});` }];
}

function throwCheck(statement: Statement, _code: string, name: string, expected: string): Edit[] {
  const thrown = `${name}Thrown`;
  return [
    { start: statement.start, end: statement.start, text: `{ let ${thrown} = ${name}.nothing; try { ` },
    {
      start: statement.end,
      end: statement.end,
      text: ` } catch (error) { ${thrown} = error; } ${name}.threw(${expected}, ${thrown}); }`,
    },
  ];
}

/** All statements, each before those inside it. */
function statementsIn(tree: Node): Statement[] {
  const found: Statement[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (typeof node !== "object" || node === null || !("type" in node)) return;
    const { type } = node as Node;
    if (type === "VariableDeclaration" || type.endsWith("Statement")) found.push(node as Statement);
    Object.values(node).forEach(visit);
  };
  visit(tree);
  return found;
}

function rangeOf({ start, end }: Node): { start: number; end: number } {
  return { start, end };
}

function applied(edits: readonly Edit[], code: string): string {
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce(
      (text, { start, end, text: inserted }) => text.slice(0, start) + inserted + text.slice(end),
      code,
    );
}
