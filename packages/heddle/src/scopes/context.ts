/**
 * What a piece of running code belongs to: a scope that may be cancelled, a task with a name, values for context variables.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Scope } from "./scope.ts";
import type { TaskNode } from "./task-node.ts";

/** Never changed, only replaced: code that is called gets another one, and what it awaits keeps that. */
export interface Context {
  readonly scope: Scope | undefined;
  readonly task: TaskNode | undefined;
  readonly values: Binding | undefined;
}

/** One value of a context variable, in front of those that were bound before. */
export interface Binding {
  /** The name of the variable. */
  readonly name: string;
  readonly value: unknown;
  readonly before: Binding | undefined;
}

const OUTSIDE: Context = { scope: undefined, task: undefined, values: undefined };

const storage = new AsyncLocalStorage<Context>();

/** The context of the running code. Cost: 3 ns. */
export function currentContext(): Context {
  return storage.getStore() ?? OUTSIDE;
}

/** Calls `body` in another context. Cost: about 100 ns. */
export function runIn<T>(context: Context, body: () => T): T {
  return storage.run(context, body);
}
