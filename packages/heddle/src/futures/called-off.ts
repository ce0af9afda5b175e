/**
 * Cancellations that go on from a future to whoever waits for it.
 *
 * Who waits for a future that somebody cancels gets the reason thrown. If that ends a task, the task was cancelled with the future,
 * and has not failed. The reason alone does not tell: it may be any error, and thrown for itself, too. So each scope knows
 * which reasons code in it was told by futures.
 *
 * Source: `asyncio`, where to await a cancelled task throws `CancelledError`, which ends the task that awaits as cancelled.
 *
 * @packageDocumentation
 */
import { type AnyContext, type Scope, TaskNode } from "../scopes/index.ts";

/** What code in a scope was told. */
class Reasons {
  /** A scope may go on for long: what nobody can throw any more is not kept. */
  readonly #objects = new WeakSet<object>();
  readonly #others = new Set<unknown>();

  add(reason: unknown): void {
    if (isObject(reason)) this.#objects.add(reason);
    else this.#others.add(reason);
  }

  has(error: unknown): boolean {
    return isObject(error) ? this.#objects.has(error) : this.#others.has(error);
  }
}

const told = new WeakMap<Scope, Reasons>();

/** Notes that code of this context is told why a future that it waits for was cancelled. */
export function tellCalledOff({ scope }: AnyContext, reason: unknown): void {
  // The scopes around are left with it, as far as the task goes.
  for (let at = scope; at !== undefined; at = at instanceof TaskNode ? undefined : at.parent) {
    let reasons = told.get(at);
    if (reasons === undefined) told.set(at, (reasons = new Reasons()));
    reasons.add(reason);
  }
}

/** Whether code in the scope was told just that by a future that it waited for. */
export function wasCalledOff(scope: Scope, error: unknown): boolean {
  return told.get(scope)?.has(error) === true;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
