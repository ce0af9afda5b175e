/**
 * Makes functions from code: the receiving side of {@link Code}.
 *
 * The text stands inside a function that declares what it captures as variables; those are bound after the function
 * exists, so functions may refer to each other, and calls run as fast as calls of any closure. The text is put on
 * the line and column that it has in its script, and the script's name is given, so stack traces and breakpoints
 * point at the program's own files.
 *
 * @packageDocumentation
 */
import type { CodeDescription } from "../publish/code.ts";
import { nameIn } from "../text/method-head.ts";

/** A function that is not bound to what it captures yet. */
export interface Shell {
  /** Gives the captured variables their values, in the order of the names. May be called again. */
  bind(values: readonly unknown[]): void;
  /** Makes the function, or class: a class may use what is bound at once. */
  make(): Function;
}

/** Makes a new shell, with variables of its own, at each call. */
export type ShellFactory = () => Shell;

/** Whether this program may make functions from their text. */
export function mayCompile(): boolean {
  try {
    evaluate("0");
    return true;
  } catch {
    return false;
  }
}

/**
 * Compiles code once; each closure of it is one call of the result.
 *
 * @throws `Error` in a program that forbids code from text.
 */
export function compile(description: CodeDescription): ShellFactory {
  const { isStrict, names, line, column } = description;
  const variables = names.length === 0 ? "" : `var ${names.join()};`;
  const assignments = names.map((name, i) => `${name}=arguments[0][${i}];`).join("");
  const head = `(function(){${isStrict ? '"use strict";' : ""}${variables}return{bind:function(){${assignments}},make:function(){return`;
  const [before, after] = expression(description);
  // One line of ours, then blank ones up to the line of the text.
  const room = line > 0 ? "\n".repeat(line) + " ".repeat(Math.max(0, column - before.length)) : "";
  // `return` must be on the line of its expression, hence the bracket.
  return evaluate(`${head}(${room}${before}${description.text}\n${after})}}})${sourceUrl(description.url)}`);
}

function evaluate(text: string): ShellFactory {
  try {
    // oxlint-disable-next-line no-eval -- running code that was sent is the point; it is the program's own
    return (0, eval)(text) as ShellFactory;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    throw new Error(
      "Cannot make a function from its text: this program forbids that; give it by fromModule(), or run the program without --disallow-code-generation-from-strings",
      { cause },
    );
  }
}

/** A function that calls another one with `this` and arguments bound, all of which may be given later. */
export function boundShell(): Shell {
  let target: Function;
  let self: unknown;
  let bound: unknown[] = [];
  const fn = function (...args: unknown[]): unknown {
    const all = [...bound, ...args];
    return new.target === undefined
      ? (Reflect.apply(target, self, all) as unknown)
      : Reflect.construct(target, all);
  };
  return {
    bind(values): void {
      [target, self, ...bound] = values as [Function, unknown];
      const length = Math.max(0, target.length - bound.length);
      Object.defineProperty(fn, "name", { value: `bound ${target.name}`, configurable: true });
      Object.defineProperty(fn, "length", { value: length, configurable: true });
    },
    make: () => fn,
  };
}

/** Gives a function the name it has at home: its text may say another. */
export function named(fn: Function, name: string): Function {
  return fn.name === name || typeof fn.name !== "string" ? fn : giveName(fn, name);
}

/** Gives a function a name, and gives it back. */
export function giveName(fn: Function, name: string): Function {
  return Object.defineProperty(fn, "name", { value: name, configurable: true });
}

/** What is called through it is called without `this`. */
export function identity(value: unknown): unknown {
  return value;
}

/** What stands around the text to make it an expression with the right name. */
function expression({ form, name, text }: CodeDescription): [before: string, after: string] {
  if (form === "method") {
    return ["{", `}[${JSON.stringify(nameIn(text))}]`];
  }
  // A function without a name takes that of the property it is written for.
  return name === "" ? ["", ""] : [`{${JSON.stringify(name)}:`, `}[${JSON.stringify(name)}]`];
}

/** Under coverage our text must not be taken for the file itself: offsets differ, though lines do not. */
function sourceUrl(url: string): string {
  if (url === "" || /[\s'"]/.test(url)) return "";
  const isMeasured = process.env["NODE_V8_COVERAGE"] !== undefined;
  return `\n//# sourceURL=${isMeasured ? `heddle:${url}` : url}`;
}
