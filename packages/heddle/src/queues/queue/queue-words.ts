/**
 * What a queue and its core say to each other.
 *
 * @packageDocumentation
 */

/** What a node waits for, in its `want`. */
export const GET = 1;
export const PUT = 2;
export const JOIN = 3;
export type Want = typeof GET | typeof PUT | typeof JOIN;

/** How an attempt went, and the answer of a wait. */
export type Attempt = typeof DONE | typeof NOT_NOW | typeof ENDED | typeof NO_MEMORY;
export const DONE = 1;
/** There is no room, or no item. */
export const NOT_NOW = 2;
/** The queue was shut down. */
export const ENDED = 3;
/** There is no memory to put the item. */
export const NO_MEMORY = 4;
/** The node's owner has the item: it is not to be taken back. */
export const TAKEN = 5;
