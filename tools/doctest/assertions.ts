/**
 * Turns the comments `// => value` and `// throws` of an example into checks.
 *
 * Every edit stays on its line, so that a stack trace names the document's lines.
 */
import { parseSync } from "oxc-parser";

/** An example with its checks in place. */
export interface CheckedCode {
  readonly code: string;
  /** The line of each check in the document. */
  readonly lines: readonly number[];
}

/** Text to put in at a position, in place of what stands up to `end`. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A piece of the code. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The parts of a statement that are looked at here. */
interface Statement extends Range {
  readonly type: string;
  readonly expression?: Range & { readonly callee?: Range };
  readonly declarations?: readonly { readonly id: { readonly name?: string } }[];
}

/**
 * Puts the checks in, as calls of the functions of `runtime.ts` under the name `name`.
 *
 * @param firstLine - The line of the document in which the example begins.
 * @throws `SyntaxError` when the code cannot be parsed, or a comment follows nothing that can be checked.
 */
export function withChecks(code: string, name: string, firstLine: number): CheckedCode {
  const { program, comments, errors } = parseSync("example.ts", code);
  if (errors[0] !== undefined) throw new SyntaxError(errors[0].message);
  const statements = statementsIn(program);
  const edits: Edit[] = [];
  const lines: number[] = [];

  for (const { type, value, start } of comments) {
    const [, kind, text = ""] = /^ (=>|throws\b)(.*)$/.exec(value) ?? [];
    if (type !== "Line" || kind === undefined) continue;
    const above = code.slice(0, start).split("\n");
    // On a line of its own, "throws" is prose.
    if (kind === "throws" && above.at(-1)?.trim() === "") continue;
    const line = firstLine + above.length - 1;
    const statement = statements.findLast(({ end }) => end <= start && code.slice(end, start).trim() === "");
    const check = kind === "=>" ? valueCheck : throwCheck;
    const made = statement && check(statement, code, name, `${line}, ${JSON.stringify(text.trim())}`);
    if (made === undefined)
      throw new SyntaxError(`line ${line}: "//${value}" follows nothing that it can check`);
    edits.push(...made);
    lines.push(line);
  }
  return { code: applied(edits, code), lines };
}

/** `expression;`, `console.log(...);` or `const name = ...;` */
function valueCheck(statement: Statement, code: string, name: string, expected: string): Edit[] | undefined {
  const { expression, declarations, end } = statement;
  if (expression !== undefined) {
    const { callee } = expression;
    if (callee !== undefined && code.slice(callee.start, callee.end) === "console.log") {
      return [{ start: callee.start, end: callee.end, text: `${name}.printed(${expected})` }];
    }
    return [
      { start: expression.start, end: expression.start, text: `${name}.value(${expected}, (` },
      { start: expression.end, end: expression.end, text: "))" },
    ];
  }
  const declared = declarations?.length === 1 ? declarations[0]?.id.name : undefined;
  return declared === undefined
    ? undefined
    : [{ start: end, end, text: `;${name}.value(${expected}, ${declared});` }];
}

function throwCheck({ start, end }: Statement, _code: string, name: string, expected: string): Edit[] {
  const thrown = `${name}Thrown`;
  return [
    { start, end: start, text: `{ let ${thrown} = ${name}.nothing; try { ` },
    {
      start: end,
      end,
      text: ` } catch (error) { ${thrown} = error; } ${name}.threw(${expected}, ${thrown}); }`,
    },
  ];
}

/** All statements of a syntax tree, each before those inside it. */
function statementsIn(tree: unknown): Statement[] {
  const found: Statement[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (isStatement(node)) found.push(node);
    Object.values(node).forEach(visit);
  };
  visit(tree);
  return found;
}

function isStatement(node: object): node is Statement {
  return "type" in node && /Statement$|^VariableDeclaration$/.test(String(node.type));
}

function applied(edits: readonly Edit[], code: string): string {
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce(
      (text, { start, end, text: inserted }) => text.slice(0, start) + inserted + text.slice(end),
      code,
    );
}
