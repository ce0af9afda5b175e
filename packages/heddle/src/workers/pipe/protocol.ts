/**
 * What the thread that made a pipe, and those elsewhere who have an end of it, say to each other.
 *
 * ```text
 * bytes  name     values
 * 0      kind     see below
 * 1      id       of the wait that it is about, little endian; chosen by the asker
 * 5      body     a letter (see letters.ts), an error, or nothing
 *
 * asker                       home
 *   ── SEND letter ────────────▶   ◀── SENT, REFUSED error
 *   ── RECEIVE ────────────────▶   ◀── LETTER letter, REFUSED error
 *   ── POLL ───────────────────▶   ◀── READY, IDLE, REFUSED error
 *   ── STOP ───────────────────▶   the wait with that id is answered with STOPPED (or IDLE), unless it has been already
 *   ── CLOSE ──────────────────▶
 * ```
 *
 * Before all that the asker says which end it has: the first message is a {@link Hello} in bytes.
 *
 * - W1: each wait is answered exactly once, whatever stops it.
 *
 * @packageDocumentation
 */

/** What an asker says. */
export const Ask = { SEND: 1, RECEIVE: 2, POLL: 3, STOP: 4, CLOSE: 5 } as const;

/** What home answers. */
export const Answer = { SENT: 1, LETTER: 2, READY: 3, IDLE: 4, STOPPED: 5, REFUSED: 6 } as const;

const HEAD_BYTES = 5;

/** Which end an asker has. */
export interface Hello {
  /** The name of the end. */
  readonly end: string;
  /** The process that the asker is in. */
  readonly origin: string;
}

export function packHead(kind: number, id: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = kind;
  new DataView(head.buffer).setUint32(1, id, true);
  return head;
}

/** Takes a message apart. */
export function unpackHead(frame: Uint8Array): { kind: number; id: number; body: Uint8Array } {
  if (frame.length < HEAD_BYTES)
    throw new RangeError("Cannot read message: it is too short for one of a pipe");
  const id = new DataView(frame.buffer, frame.byteOffset).getUint32(1, true);
  return { kind: frame[0]!, id, body: frame.subarray(HEAD_BYTES) };
}
