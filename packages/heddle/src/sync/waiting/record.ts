/**
 * What a thread writes down of what it is about, so that others can end it properly when the thread has died.
 *
 * @packageDocumentation
 */

/**
 * The record of a seat, a block of the heap that stays with the seat.
 *
 * ```text
 * bytes  name        values                                               written by
 * 0      inbox       done list of the nodes whose asynchronous waits      any thread, see heap/done-list.ts
 *                    were granted by other threads
 * 64     look        1: a thread has ended; look after what you wait for  any thread; its thread, by exchange
 * 68     nodes       first chunk of wait nodes, 0: none                   its thread
 * 72     end         the end that it has taken, or is about to, outside   its thread; who settles its end
 *                    of a section; 0: none. See end-words.ts
 * 76     ends        within a section: word of the end and the position   its thread; who settles its end
 *                    that it will have, in pairs; 0: none
 * 128    undo count  entries in the journal; 0: nothing to undo           its thread; who settles its end
 * 132    grants      how many grants are to be delivered                  its thread; who settles its end
 * 136    gate count  how many gates it holds, or is about to take         its thread; who settles its end
 * 140    gates       the objects they belong to                           its thread
 * 396    grant list  node and its state before, in pairs                  its thread
 * 652    journal     address and value before, in pairs                   its thread
 * 4044   leaving     the identity of who sits there, when it has begun    its thread
 *                    to end by itself, and without an error
 * 4048   killed      the identity of the latest one that did not end by   who settles its end
 *                    itself
 * ```
 */
export const RECORD_BYTES = 4096;

export const INBOX = 0;
export const LOOK = 64;
export const NODES = 68;
export const END = 72;
export const ENDS = 76;
export const UNDO_COUNT = 128;
export const GRANT_COUNT = 132;
export const GATE_COUNT = 136;
export const GATES = 140;
export const GRANTS = 396;
export const JOURNAL = 652;
export const LEAVING = 4044;
export const KILLED = 4048;

/** So many ends may be taken in one section. */
export const MAX_ENDS = 6;
/** So many gates may be held at once. */
export const MAX_GATES = 64;
/** So many waits may be granted in one section. */
export const MAX_GRANTS = 32;
/** So many words may change in one section. */
export const MAX_CHANGES = 424;
