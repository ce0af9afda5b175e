/** What running code belongs to: scopes that can be cancelled, tasks, context variables. */
export {
  AnyContext,
  type Binding,
  Context,
  contextToKeep,
  currentContext,
  enter,
  goIn,
  LazyContext,
  othersNow,
  OUTSIDE,
  runIn,
  surroundings,
  type Surroundings,
} from "./context.ts";
export { awaitIn } from "./await-in.ts";
export { bindingsOf, type Carried, carry, ofVariable, placedAs } from "./carried.ts";
export { ContextVar } from "./context-var.ts";
export { endingBy, isAborted, LONGEST_DELAY_MS, LongTimer } from "./long-timer.ts";
export { type EndHold, type LateFailure, Scope, type Waiter, throwIfCancelled } from "./scope.ts";
export { allTasks, beforeListing, TaskNode } from "./task-node.ts";
export { madeLate, toldWhere, withCaller } from "./late-errors.ts";
export { leavable, tieToScope } from "./ties.ts";
export { isThenable } from "./thenable.ts";
export { ToldScope } from "./told-scope.ts";
export { needNoHandler, rejected, unheard } from "./unheard.ts";
