/**
 * Tasks: structured concurrency, deadlines, cancellation, context.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export { ContextVar, throwIfCancelled } from "./scopes/index.ts";
export * from "./tasks/index.ts";
