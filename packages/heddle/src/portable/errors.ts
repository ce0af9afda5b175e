/**
 * How a function fails to travel.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { helpOn } from "#heap";

/** What a {@link PortabilityError} says, apart from its message. */
export interface PortabilityProblem {
  /** The function that was to travel, or one that it uses. */
  readonly functionName: string;
  /** What stops it: a variable, `this`, a private name. Absent when it is the function as a whole. */
  readonly variable?: string | undefined;
  /** Why, as a clause: "it assigns to the captured variable `count`, …". */
  readonly reason: string;
  /** What to write instead, as a clause. */
  readonly remedy: string;
  /** `file:line` where the variable was declared, or where the function stands. */
  readonly boundAt?: string | undefined;
  /** Which function needs this one, when another was to travel. */
  readonly neededBy?: string | undefined;
  /** Where the function stood in what was to travel, such as `args[0].callback`. */
  readonly path?: string | undefined;
}

/**
 * A function cannot run in another thread or process. Nothing was sent.
 *
 * The message names what stops it, where that was declared, why, and what to write instead.
 */
export class PortabilityError extends Error {
  override readonly name = "PortabilityError";
  readonly code = "ERR_HEDDLE_NOT_PORTABLE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** The function that was to travel, or one that it uses. */
  readonly functionName: string;
  /** What stops it: a variable, `this`, a private name. Absent when it is the function as a whole. */
  readonly variable: string | undefined;
  /** Why. */
  readonly reason: string;
  /** What to write instead. */
  readonly remedy: string;
  /** `file:line` where the variable was declared, or where the function stands. */
  readonly boundAt: string | undefined;
  /** Which function needs this one, when another was to travel. */
  readonly neededBy: string | undefined;
  /** Where the function stood in what was to travel, such as `args[0].callback`; absent for what is to run. */
  readonly path: string | undefined;

  constructor(problem: PortabilityProblem, options?: ErrorOptions) {
    const { functionName, variable, reason, remedy, boundAt, neededBy, path } = problem;
    const what = path === undefined ? functionName : `${functionName} (${path})`;
    const whose = neededBy === undefined ? "" : `, which ${neededBy} needs`;
    const where = boundAt === undefined ? "" : ` (${boundAt})`;
    super(`Cannot send ${what} to another thread or process${whose}: ${reason}${where}; ${remedy}`, options);
    this.functionName = functionName;
    this.variable = variable;
    this.reason = reason;
    this.remedy = remedy;
    this.boundAt = boundAt;
    this.neededBy = neededBy;
    this.path = path;
  }

  /** The same, told to whoever sends another function that needs this one, or a message that holds it. */
  toldOf(more: Pick<PortabilityProblem, "neededBy" | "path">): PortabilityError {
    const { functionName, variable, reason, remedy, boundAt, neededBy, path, cause } = this;
    const problem = { functionName, variable, reason, remedy, boundAt, neededBy, path, ...more };
    return new PortabilityError(problem, cause === undefined ? undefined : { cause });
  }
}

/** What a function is called in messages. */
export function describeFunction(fn: Function): string {
  const name = types.isProxy(fn) ? "" : fn.name;
  if (typeof name !== "string" || name === "") return "an anonymous function";
  return /^class\b/.test(Function.prototype.toString.call(fn)) ? `class "${name}"` : `function "${name}"`;
}
