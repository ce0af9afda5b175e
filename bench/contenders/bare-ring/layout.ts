/** The memory of a bare ring: a count of calls, a count of answers, and a lane for each thing a call says. */

import type { MessagePort } from "node:worker_threads";

/** How many calls may be under way; a power of two. */
export const SLOTS = 16_384;
/** How many of them may carry records at once; a power of two. */
export const RECORDS = 1024;
export const RECORD_BYTES = 2048;

/** Words, each in a cache line of its own: calls sent, by the caller; calls answered, by the thread. */
export const SENT = 0;
export const DONE = 32;
const HEADER_WORDS = 64;

export const method = { add: 0, turn: 1, echo: 2, copy: 3, move: 4 } as const;

export interface Lanes {
  readonly words: Int32Array;
  readonly methods: Uint8Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly records: Buffer;
}

/** What the thread is given: the ring, and a port for buffers, which memory cannot carry. */
export interface ThreadData {
  readonly shared: SharedArrayBuffer;
  readonly port: MessagePort;
}

export interface RingMemory {
  readonly shared: SharedArrayBuffer;
  readonly lanes: Lanes;
}

/** Finds the lanes in a ring's memory. */
export function lanesOf(shared: SharedArrayBuffer): Lanes {
  const a = HEADER_WORDS * 4;
  const b = a + SLOTS * 8;
  const methods = b + SLOTS * 8;
  return {
    words: new Int32Array(shared, 0, HEADER_WORDS),
    a: new Float64Array(shared, a, SLOTS),
    b: new Float64Array(shared, b, SLOTS),
    methods: new Uint8Array(shared, methods, SLOTS),
    records: Buffer.from(shared, methods + SLOTS),
  };
}

export function layOut(): RingMemory {
  const shared = new SharedArrayBuffer(HEADER_WORDS * 4 + SLOTS * 17 + RECORDS * RECORD_BYTES);
  return { shared, lanes: lanesOf(shared) };
}
