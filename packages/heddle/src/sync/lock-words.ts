/**
 * What the core of a lock has in common with others.
 *
 * @packageDocumentation
 */
import { CELL } from "./waiting/node.ts";

/** How a lock was acquired; 0 for not at all. */
export type Acquired = 0 | typeof AS_LEFT | typeof FROM_THE_DEAD;
export const AS_LEFT = 1;
/** Who had it before died without releasing it. */
export const FROM_THE_DEAD = 2;

/** In a node that waits: the line of the condition from which it was notified; 0 for none. */
export const NOTIFIED: number = CELL + 8;
