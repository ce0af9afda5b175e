/**
 * Where things stand in a queue.
 *
 * ```text
 * bytes  name        values                                            written by
 * 16     flags       see below                                         gate holders, with the ends taken
 * 20     max size    how many items there may be; 0: any number        who makes it, once
 * 24     getters     those who wait for an item, see wait-list.ts      gate holders
 * 32     putters     those who wait for room                           gate holders
 * 40     joiners     those who wait for all items to be done           gate holders
 * 48     drained     how many items were taken out by a shutdown       gate holders
 * 52     put count   how many were ever put; not where there is a ring gate holders
 * 64     items       a ring, a stack, or a heap                        see there
 * 224    done        how often a task was said to be done              any thread, by CAS
 * ```
 *
 * @packageDocumentation
 */
import { FIRST_OWN } from "../../sync/index.ts";
import { OWN_WORD } from "../cells/ring.ts";

export const FLAGS: number = FIRST_OWN;
export const MAX_SIZE: number = FIRST_OWN + 4;
export const GETTERS: number = FIRST_OWN + 8;
export const PUTTERS: number = FIRST_OWN + 16;
export const JOINERS: number = FIRST_OWN + 24;
export const DRAINED: number = FIRST_OWN + 32;
export const PUT_COUNT: number = FIRST_OWN + 36;
export const ITEMS = 64;
export const DONE_COUNT: number = ITEMS + OWN_WORD;
export const QUEUE_BYTES = 256;

/** Somebody waits for an item, or for room; it was shut down. These stop puts, the first two also gets, on the fast way. */
export const HAS_GETTERS = 1;
export const HAS_PUTTERS = 2;
export const CLOSED = 4;
/** Somebody waits for all items to be done. */
export const HAS_JOINERS = 8;
/** It was shut down, and what was in it is gone. */
export const DROPPED = 16;
