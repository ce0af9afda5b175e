/**
 * Workers, and how many of them make sense.
 *
 * @packageDocumentation
 */
export { cpuCount } from "./workers/index.ts";
