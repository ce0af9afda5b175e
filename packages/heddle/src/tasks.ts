/**
 * Tasks: structured concurrency, deadlines, cancellation, context.
 *
 * @packageDocumentation
 */
export { ContextVar, throwIfCancelled } from "./scopes/index.ts";
export * from "./tasks/index.ts";
