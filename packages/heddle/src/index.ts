/**
 * Heddle: the concurrency toolkit for TypeScript. The most used names of all its parts.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export { HeapFullError, TimeoutError } from "#heap";
export * from "./futures.ts";
export * from "./managers.ts";
export { fromModule, portable, PortabilityError } from "./portable/index.ts";
export * from "./queues.ts";
export * from "./sync.ts";
export * from "./tasks.ts";
export { CorruptMessageError, transfer, WireError } from "./wire/index.ts";
export * from "./workers.ts";
