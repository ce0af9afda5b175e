/**
 * The word by which the owner of a stream tells the worker how to go on. Only the owner writes it once it is open.
 *
 * ```text
 * bit 0      turned over with each batch that the owner has taken
 * bit 1      nobody reads any more
 * bits 2-31  how many values the generator may have yielded in all, modulo 2³⁰
 * ```
 *
 * @packageDocumentation
 */
export const ACKNOWLEDGED = 1;
export const LEFT = 2;
const CREDIT_SHIFT = 2;

/** How many values may be unread where nobody says. */
export const DEFAULT_BUFFER = 64;
/** A reader may be behind by so many values at most. */
export const LARGEST_BUFFER: number = 2 ** 24;

export function flowOf(credits: number, isLeft: boolean, acknowledged: number): number {
  return (credits << CREDIT_SHIFT) | (isLeft ? LEFT : 0) | acknowledged;
}

/** How many values may be yielded, when so many were. */
export function roomFor(flow: number, yielded: number): number {
  return (flow - (yielded << CREDIT_SHIFT)) >>> CREDIT_SHIFT;
}
