/**
 * Where things stand in a heap that processes share, beside what all heaps have ({@link file://./layout.ts}).
 *
 * ```text
 * bytes            name        values                                             written by
 * 0                magic       SEGMENT_MAGIC, once the rest is written            the creator, once
 * 4                version     SEGMENT_VERSION                                    the creator, once
 * 20               committed   how many pages there is memory for                 any thread, by CAS
 * 24               limit       how many pages the file has                        the creator, once
 * 28               epoch       how often somebody has joined                      who joins, by add
 * 32               id          128 random bits: no two heaps have the same        the creator, once
 * 48               directory   address of the names, 0: none yet                  any thread, by CAS
 * 65536 + 64·seat  life        see lives.ts                                       who sits there; the kernel when he dies
 * 196608 + 32·seat bells       see bells.ts                                       who sits there
 * 262144 …         pages
 * ```
 *
 * @packageDocumentation
 */
import { MAX_ARENAS, PAGE_BYTES } from "./layout.ts";

/** "HEDP". */
export const SEGMENT_MAGIC = 0x50444548;
/** Of all that processes share: the allocator's layout, too, and that of what stands at every address. */
export const SEGMENT_VERSION = 2;

export const COMMITTED_WORD = 20;
export const LIMIT_WORD = 24;
export const EPOCH_WORD = 28;
export const ID = 32;
export const ID_BYTES = 16;
export const DIRECTORY_WORD = 48;

const LIVES = PAGE_BYTES;
const LIFE_BYTES = 64;
export const lifeAt = (seat: number): number => LIVES + LIFE_BYTES * seat;

const BELLS = LIVES + LIFE_BYTES * MAX_ARENAS;
const BELL_BYTES = 32;
export const bellsAt = (seat: number): number => BELLS + BELL_BYTES * seat;

/** The first page that is handed out. */
export const FIRST_PAGE: number = (BELLS + BELL_BYTES * MAX_ARENAS) / PAGE_BYTES;
/** Smaller heaps are of no use: one page for each of the commonest sizes. */
export const MIN_PAGES: number = FIRST_PAGE + 12;
