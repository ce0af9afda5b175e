/**
 * Where things stand in a channel.
 *
 * ```text
 * bytes  name       values                                            written by
 * 16     flags      see below                                         gate holders
 * 20     capacity   how many values may stand in it; UNBOUNDED        its creator, once
 * 24     error      block of the error it was closed with; 0          gate holders, once
 * 28     senders    those who wait for a receiver, or for room        gate holders
 * 36     receivers  those who wait for a value                        gate holders
 * 64     ring       the values, see ring.ts                           see there
 * ```
 *
 * With capacity 0 the ring has no segment, until a value comes back of which nobody has heard.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { FIRST_OWN, type Monitor, type Reach, SHARED, WAIT_LIST_BYTES } from "../../sync/index.ts";
import { UNBOUNDED } from "./channel-words.ts";
import { freeRing } from "../cells/ring-section.ts";
import { Ring, UNBOUNDED as UNBOUNDED_RING } from "../cells/ring.ts";
import { SEGMENT_CELLS } from "../cells/segments.ts";

export const FLAGS: number = FIRST_OWN;
export const CAPACITY: number = FIRST_OWN + 4;
export const ERROR: number = FIRST_OWN + 8;
export const SENDERS: number = FIRST_OWN + 12;
export const RECEIVERS: number = SENDERS + WAIT_LIST_BYTES;
const RING = 64;
export const CHANNEL_BYTES = 256;

/** Somebody waits, or looks at several channels: all go through the gate. */
export const STOPPED = 1;
/** Nothing more can be sent. */
export const CLOSED = 4;

/** Segments of a ring that never holds more: blocks of 256 bytes. */
const FEW_CELLS = 15;

const cellsFor = (capacity: number): number =>
  capacity === UNBOUNDED || capacity > FEW_CELLS ? SEGMENT_CELLS : FEW_CELLS;

/** Whether values stand in the channel's ring, as a rule. */
export const hasRing = (capacity: number): boolean => capacity !== 0;

/** What a channel may say of its ring. */
export interface RingOptions {
  /** Of a segment, if not as many as is best. */
  readonly cells?: number | undefined;
  /** Who knows the channel. */
  readonly reach?: Reach;
}

/** Makes zeroed memory an open channel. Throws `HeapFullError`. */
export function initialiseChannel(heap: Heap, object: number, capacity: number, cells?: number): void {
  heap.poke(object + CAPACITY, capacity);
  if (hasRing(capacity)) Ring.initialise(heap, object + RING, cells ?? cellsFor(capacity));
}

export function ringOfChannel(
  heap: Heap,
  monitor: Monitor,
  object: number,
  { cells, reach = SHARED }: RingOptions = {},
): Ring {
  const capacity = heap.peek(object + CAPACITY);
  const place = {
    address: object + RING,
    flags: object + FLAGS,
    capacity: capacity === UNBOUNDED ? UNBOUNDED_RING : capacity,
    reach,
  };
  return new Ring(heap, monitor, place, cells ?? cellsFor(capacity));
}

/** The block of the error that a channel was closed with; 0 for none. It stays there until the channel goes. */
export const closeErrorOf = (heap: Pick<Heap, "load">, object: number): number =>
  heap.load(object + ERROR) >>> 0;

/**
 * Frees the values of a channel that nobody knows any more.
 *
 * @param drop - Is given where the words of a cell stand.
 */
export function freeChannel(heap: Heap, monitor: Monitor, object: number, drop: (at: number) => void): void {
  freeRing(heap, ringOfChannel(heap, monitor, object), drop);
}
