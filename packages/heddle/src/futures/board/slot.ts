/**
 * One call on its way to a worker and back: a block in the heap that both sides write, by turns.
 *
 * ```text
 * bytes  name       values                                              written by
 * 0      next       link of the done list                               the worker; then the owner
 * 4      state      one of the states below, by worker where w is      see below, by CAS
 * 8      index      which slot of the owner this is                     the owner, once
 * 12     function   address of the function's record                    the owner, while FREE
 * 16     serial     serial of the function's record                     the owner, while FREE
 * 20     flags      see below                                           the owner while FREE, then the claimant
 * 24     payload    address of the message: INLINE, or a block          as flags
 * 28     capacity   bytes that the message may have there               as flags
 * 32     length     bytes of the message                                as flags
 * 36     parcel     number of the side items on their port; 0: not      the owner while FREE, or asked; then as flags
 *                   posted. See parcels.ts
 * 40     …          the message itself, when it is short
 * 176    started    when it was claimed, ms since 1970 (float64)         the owner: Infinity; then the claimant, if TIMED
 * 184    stop       not 0: the body is asked to stop; where the reason is,   the owner
 *                   by sync/objects/stored-values.ts, or 1
 * 188    ran        how long the body ran, ms (float32)                   the claimant, when finished, if TIMED
 * 188    flow       how a stream may go on: see stream-flow.ts          the claimant, 0; from its first batch on the owner
 *
 * A slot begins where a cache line does. All that a short call needs is in the first one, a message of up to 24 bytes included: so that is the only
 * one that goes to and fro.
 *
 * If CLAIMS is set, a list of claims follows the message, at a multiple of 4: see sync/objects/cargo.ts.
 *
 *         submit                     claim (CAS)                body done                taken by the owner
 * FREE ──┬────────▶ READY ──────────────────────▶ claimed(w) ────────────▶ finished(w) ──────────────────▶ FREE
 *        └────────▶ pinned(w) ─────── claim ───────▲   │                      ▲
 *                                                      └ w ended: the owner, which knows that nobody writes it
 *
 * withdraw (CAS, owner):  READY ──▶ FREE              pinned(w) ──▶ WITHDRAWN ─── handed back by w, or w ended ──▶ FREE
 * ```
 *
 * - I1: a call runs at most once: only the CAS from READY (or pinned) to claimed gives the right to run it.
 * - I2: a claimed slot is written by its claimant alone until it is finished: from then on its message is whole, and
 *   the owner may read it, whether or not the claimant lived to put it into the done list.
 * - I3: whoever claimed it is named in the state, so a worker that ends at any step leaves no call unaccounted for.
 * - I4: a pinned slot is linked into a lane, so it is not reused before its worker has passed it: hence WITHDRAWN.
 *   A READY slot is only hinted at, so it may be reused at once; a stale hint finds another call, or none.
 * - I5: a claimed slot in the done list asks for its side items. The owner posts them, and then says their number. It stands there again, finished,
 *   only after it got them.
 * - I6: with STREAMS it holds values that its body has yielded. It stands there again, and is written, only after the owner
 *   has acknowledged them.
 */
export const NEXT = 0;
export const STATE = 4;
export const INDEX = 8;
export const FUNCTION = 12;
export const SERIAL = 16;
export const FLAGS = 20;
export const PAYLOAD = 24;
export const CAPACITY = 28;
export const LENGTH = 32;
export const PARCEL = 36;
export const INLINE = 40;
export const STARTED = 176;
export const STOP = 184;
export const FLOW = 188;
export const RAN = 188;
export const SLOT_BYTES = 192;
export const INLINE_BYTES: number = STARTED - INLINE;

/** The kinds of state: the lowest bits of the word. Above them stands the worker, where there is one. */
export const FREE = 0;
export const READY = 1;
/** Called off while pinned. */
export const WITHDRAWN = 2;
export const PINNED = 3;
export const CLAIMED = 4;
export const FINISHED = 5;

const KIND_BITS = 3;
const stateOf = (kind: number, worker: number): number => ((worker + 1) << KIND_BITS) | kind;
export const pinned = (worker: number): number => stateOf(PINNED, worker);
export const claimed = (worker: number): number => stateOf(CLAIMED, worker);
export const finished = (worker: number): number => stateOf(FINISHED, worker);
export const kindOf = (state: number): number => state & ((1 << KIND_BITS) - 1);
/** The worker of a pinned, claimed or finished state; -1 in the others. */
export const workerOf = (state: number): number => (state >> KIND_BITS) - 1;

/** The message is an error that the body threw, or that kept its result from travelling. */
export const FAILED = 1;
/** Values that only a port can carry go beside the message: see {@link PARCEL}. */
export const SIDE_ITEMS = 2;
/** The owner wants to know when the body began, and how long it ran. */
export const TIMED = 4;
/** The message holds what it refers to in the heap: the owner gives that up when it has read it. Results only. */
export const CLAIMS = 8;
/** The last argument is what the call takes along of its caller's context: see call-context.ts. */
export const CARRIES = 16;
/** The claimant waits for what the body needs. Should it end, the call can be given to another. */
export const NOT_BEGUN = 32;
/** The message is an array of what the body, which goes on, has yielded. */
export const STREAMS = 64;
/** The body was asked to stop, and ended by throwing just that. */
export const STOPPED = 128;
