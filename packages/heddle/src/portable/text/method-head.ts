/**
 * What stands before the parameters of a method: `async *name`, `get ["computed"]`, with comments anywhere.
 *
 * @packageDocumentation
 */
import type * as acorn from "acorn";

/** A head that is more than a plain name, and what to write instead of it. */
export interface MethodHead {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A plain name, with no comments around it. */
const PLAIN = /^(?:async\s)?[\s*]*([\w$\u0080-\uffff]+)\s*$/;

/** What a method is called whose key is not to be had: computed ones were computed when the object was made. */
const METHOD = "method";

/**
 * What is to be replaced in the text of a method, if anything.
 *
 * @param end - Where its parameters begin.
 */
export function headOf(
  text: string,
  method: acorn.MethodDefinition | acorn.Property,
  start: number,
  end: number,
): MethodHead | undefined {
  const isAccessor = method.kind === "get" || method.kind === "set";
  if (!isAccessor && PLAIN.test(text.slice(start, end))) return undefined;
  const { async, generator } = method.value as acorn.FunctionExpression;
  return { start, end, replacement: `${async ? "async " : ""}${generator ? "*" : ""}${METHOD}` };
}

/** What an object calls the method that has this text, its head replaced where it had to be. */
export function nameIn(text: string): string {
  return PLAIN.exec(text.slice(0, text.indexOf("(")))?.[1] ?? METHOD;
}
