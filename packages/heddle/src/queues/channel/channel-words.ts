/**
 * What a channel and its core say to each other.
 *
 * @packageDocumentation
 */

/** How a send or a receive went: the value went over, the channel is closed, or it has to wait. */
export type Answer = typeof NOT_YET | typeof PASSED | typeof REFUSED;
export const NOT_YET = 0;
export const PASSED = 1;
export const REFUSED = 2;

/** As many values as there is memory for. */
export const UNBOUNDED = -1;
/** A larger capacity is none. */
export const LARGEST_CAPACITY: number = 2 ** 30 - 1;
