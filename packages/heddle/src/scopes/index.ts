/** What running code belongs to: scopes that can be cancelled, tasks, context variables. */
export { type Binding, Context, currentContext, enter, OUTSIDE, runIn } from "./context.ts";
export { bindingsOf, type Carried, carry, ofVariable } from "./carried.ts";
export { ContextVar } from "./context-var.ts";
export { Scope, type ScopeOptions, throwIfCancelled } from "./scope.ts";
export { allTasks, TaskNode } from "./task-node.ts";
export { ToldScope } from "./told-scope.ts";
