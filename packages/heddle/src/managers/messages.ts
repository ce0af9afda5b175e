/**
 * What the two sides of a session say to each other.
 *
 * ```text
 * bytes  name     values
 * 0      kind     see below; bit 7: the sender keeps what the message only names, until it is acknowledged
 * 1      id       of a call, chosen by the caller; of a thing, for RELEASE and HOLD
 * 5      target   of a CALL or GET: the id of the thing; of a RELEASE: how many references
 * 9      path     length of the path, u16, and the path as JSON: names from the thing on
 * …      body     a message, see message-codec.ts
 *
 * SETTINGS  the first of each side: how silent and how long it may be
 * CALL      body: the arguments              GET  nothing
 * REPLY     body: the result                 FAIL body: the error
 * RELEASE   the receiver of references has let go of them
 * ACK       what was kept for the message with that id may go
 * PING      nothing: the sender is alive
 * HOLD      path: a token, by which others may claim the thing with that id
 * ```
 *
 * All numbers are little endian. CALL, GET, RELEASE and PING go both ways: callbacks are calls.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../wire/index.ts";

export const Kind = {
  SETTINGS: 1,
  CALL: 2,
  GET: 3,
  REPLY: 4,
  FAIL: 5,
  RELEASE: 6,
  ACK: 7,
  PING: 8,
  HOLD: 9,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const KEPT = 0x80;
const HEAD_BYTES = 11;
const MAX_PATH_BYTES = 0xffff;

/** A name on a thing: of a member; or of a symbol such as `Symbol.asyncIterator`, in an array. */
export type PathStep = string | [symbol: string];

export interface Head {
  readonly kind: Kind;
  readonly id: number;
  readonly target: number;
  readonly path: readonly PathStep[];
  /** The sender waits for an ACK. */
  readonly isKept: boolean;
}

const NO_PATH: readonly PathStep[] = [];

/** The beginning of a message. */
export function packHead(head: Pick<Head, "kind" | "id"> & Partial<Head>): Uint8Array {
  const { kind, id, target = 0, path = NO_PATH, isKept = false } = head;
  const text = path.length === 0 ? new Uint8Array(0) : Buffer.from(JSON.stringify(path));
  if (text.length > MAX_PATH_BYTES) {
    throw new RangeError(
      `Cannot call ${shown(path).slice(0, 40)}…: names of ${text.length} bytes are too long`,
    );
  }
  const packed = new Uint8Array(HEAD_BYTES + text.length);
  const view = new DataView(packed.buffer);
  packed[0] = kind | (isKept ? KEPT : 0);
  view.setUint32(1, id, true);
  view.setUint32(5, target, true);
  view.setUint16(9, text.length, true);
  packed.set(text, HEAD_BYTES);
  return packed;
}

/** Takes a message apart. */
export function unpackMessage(frame: Uint8Array): Head & { body: Uint8Array } {
  if (frame.length < HEAD_BYTES) throw new CorruptMessageError("it is too short for one of a session");
  const view = new DataView(frame.buffer, frame.byteOffset);
  const kind = frame[0]! & ~KEPT;
  if (kind < Kind.SETTINGS || kind > Kind.HOLD) throw new CorruptMessageError(`${kind} is no kind of one`);
  const bodyAt = HEAD_BYTES + view.getUint16(9, true);
  if (bodyAt > frame.length) throw new CorruptMessageError("it ends in the middle of a path");
  return {
    kind: kind as Kind,
    id: view.getUint32(1, true),
    target: view.getUint32(5, true),
    path: bodyAt === HEAD_BYTES ? NO_PATH : parsePath(frame.subarray(HEAD_BYTES, bodyAt)),
    isKept: (frame[0]! & KEPT) !== 0,
    body: frame.subarray(bodyAt),
  };
}

function parsePath(text: Uint8Array): readonly PathStep[] {
  let path: unknown;
  try {
    path = JSON.parse(Buffer.from(text).toString());
  } catch (error) {
    throw new CorruptMessageError("its path is none", { cause: error });
  }
  const isStep = (step: unknown): boolean =>
    typeof step === "string" || (Array.isArray(step) && step.length === 1 && typeof step[0] === "string");
  if (!Array.isArray(path) || !path.every(isStep)) throw new CorruptMessageError("its path is none");
  return path as PathStep[];
}

/** A path as it reads in errors: `queue.put`. */
export function shown(path: readonly PathStep[]): string {
  if (path.length === 0) return "the function";
  return path.map((step) => (typeof step === "string" ? step : `[Symbol.${step[0]}]`)).join(".");
}
