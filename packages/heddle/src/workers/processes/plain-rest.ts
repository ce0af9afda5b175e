/**
 * A process that has begun without the toolkit, and goes on with it.
 *
 * @packageDocumentation
 */
import { knowKoffi } from "#heap";
import { functionTableIn } from "../../portable/index.ts";
import type { PlainName } from "../../portable/plain/index.ts";
import { bindingsOf, type Carried } from "../../scopes/index.ts";
import type { Orders } from "./orders.ts";
import { ProcessScope, tellOutcome } from "./process-body.ts";
import { type PlainTask, REASON } from "./process-desk.ts";
import { joinOwner } from "./worker-process.ts";

export { refusedEntry } from "../../portable/index.ts";

/** The work of a process, as the toolkit does it. */
export interface Taken {
  /** Of all that this process does. */
  readonly scope: ProcessScope;
  /** Notes what this process has made of records. */
  adopt(made: Iterable<readonly [PlainName, unknown]>): void;
  /** Tells the owner what came of the function. */
  tell(how: number, outcome: unknown): void;
}

/**
 * Joins the owner's heap: from now on this process is like any that has begun with the toolkit, and what runs in it is in its scope.
 *
 * @param koffi - As it was loaded.
 * @param carried - The values of context variables.
 */
export function takeUp(orders: Orders, koffi: unknown, carried: Carried): Taken {
  const { desk } = orders.data as PlainTask;
  knowKoffi(orders.koffi, koffi);
  const heap = joinOwner(orders);
  const scope = new ProcessScope(heap, desk + REASON);
  scope.begin(bindingsOf(carried));
  scope.listen();
  return {
    scope,
    adopt(made) {
      const table = functionTableIn(heap);
      for (const [name, thing] of made) table.adopt(name, thing);
    },
    tell(how, outcome) {
      scope.close();
      tellOutcome(heap, desk, how, outcome);
    },
  };
}
