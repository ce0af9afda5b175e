/**
 * The checks inside a running example. What they find is printed when the process ends, and makes it exit with 1.
 */
import { format, inspect, isDeepStrictEqual } from "node:util";

/** Stands for "no error was thrown", which `undefined` cannot: that may be thrown. */
export const nothing: unique symbol = Symbol("nothing");

/** The document and the lines of its checks that have not run yet; undefined in a worker, where nobody would look. */
let run: { readonly file: string; readonly waiting: Set<number>; readonly findings: string[] } | undefined;

/** Announces all checks of the example, so that one that never runs is missed. */
export function begin(file: string, lines: readonly number[]): void {
  const waiting = new Set(lines);
  const findings: string[] = [];
  run = { file, waiting, findings };
  process.on("exit", (code) => {
    // After a crash, what did not run is no news.
    for (const line of code === 0 ? waiting : []) findings.push(`${file}:${line}: this check never ran`);
    if (findings.length === 0) return;
    console.error(findings.join("\n"));
    process.exitCode = 1;
  });
}

/** `expression; // => expected` */
export function value(line: number, expected: string, found: unknown): void {
  const isEqual = found instanceof Error ? expected === String(found) : shown(found) === expected;
  judge(
    line,
    isEqual || isLiteral(expected, found),
    expected,
    found instanceof Error ? String(found) : shown(found),
  );
}

/** `console.log(...); // => expected` */
export function printed(line: number, expected: string): (...values: unknown[]) => void {
  return (...values) => {
    console.log(...values);
    judge(line, format(...values) === expected, expected, format(...values));
  };
}

/** `statement; // throws expected`: part of "Name: message", or the error's whole code; nothing means any error. */
export function threw(line: number, expected: string, error: unknown): void {
  const { code } = (error ?? {}) as { code?: unknown };
  const isRight = error !== nothing && (String(error).includes(expected) || code === expected);
  judge(
    line,
    isRight,
    expected === "" ? "an error" : expected,
    error === nothing ? "no error" : String(error),
  );
}

function judge(line: number, isRight: boolean, expected: string, found: string): void {
  if (run === undefined) throw new Error("Cannot check an example's value: this is not its main thread");
  run.waiting.delete(line);
  if (!isRight) run.findings.push(`${run.file}:${line}: expected ${expected}, found ${found}`);
}

function shown(found: unknown): string {
  return inspect(found, {
    depth: Infinity,
    compact: true,
    breakLength: Infinity,
    maxArrayLength: null,
    maxStringLength: null,
  });
}

/** Whether the text is an expression of literals for an equal value: quotes and spaces may be written as one likes. */
function isLiteral(text: string, found: unknown): boolean {
  try {
    // The text comes from our own documents, and runs where their code runs anyway.
    // oxlint-disable-next-line typescript/no-implied-eval
    return isDeepStrictEqual(new Function(`"use strict"; return (${text}\n);`)(), found);
  } catch {
    return false;
  }
}
