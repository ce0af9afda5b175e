/**
 * One word that says whether those who come may pass, and a line of those who wait for it: what events, latches and the
 * like are made of.
 *
 * Source: D. P. Reed and R. K. Kanodia, "Synchronization with Eventcounts and Sequencers" (1979), for the count that
 * those who wait remember.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { FIRST_OWN } from "./objects/header.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { CELL } from "./waiting/node.ts";
import { append, firstOf, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

/** The word. */
export const STATE: number = FIRST_OWN;
const LINE = FIRST_OWN + 4;
/** So much a released object takes; words of its own may follow. */
export const RELEASE_BYTES: number = LINE + WAIT_LIST_BYTES;

/** In the state: somebody waits. The other bits are the object's own. */
export const WAITERS = 1;

/** In a node that stands in line: the state that its owner found. */
const FOUND = CELL;

/**
 * One such object, as one thread sees it.
 *
 * ```text
 * bytes  name   values                               written by
 * 16     state  the object's own, and WAITERS        any thread by read-modify-write
 * 20     line   those who wait, see wait-list.ts;    gate holders
 *               each has the state that it found
 *               in the first word of its cell
 *
 *           enlist: not to pass           the state lets them pass: granted, in chunks
 * no waiters ────────────────▶ WAITERS ──────────────────────────────────────────────▶ line empty
 *     ▲                                                                                │
 *     └────────────────────────────────────────────────────────────────────────────────┘
 *                                whoever next enters and finds the line empty
 * ```
 *
 * - R1: the change of the state that lets others pass is one atomic step. Whoever makes it finds WAITERS set, and
 *   grants; or clear: then everybody who comes later sees the new state.
 * - R2: WAITERS is set, without a change of the rest, before a node stands in line. It may be set while nobody waits.
 * - R3: WAITERS is taken off only by a section that has changed nothing else, with the line empty.
 * - R4: who dies after the change, with some still in line, leaves them to each other: they are told to look.
 *
 * Ordering: who passes reads the word, so it sees what was written before the change that let it.
 */
export abstract class ReleaseCore<T> implements Place<T> {
  readonly object: number;
  readonly operation: string;
  readonly words: Words;
  readonly #monitor: Monitor;

  constructor(monitor: Monitor, object: number, operation: string) {
    this.object = object;
    this.operation = operation;
    this.words = monitor.words;
    this.#monitor = monitor;
  }

  /** Whether who comes now may pass. */
  abstract isOpen(state: number): boolean;

  /** Whether one who waits may pass, who came when the state was `found`. */
  abstract mayPass(found: number, state: number): boolean;

  abstract collect(node: number): T;

  /** How many stand in line. Cost: a step for each. */
  get waiters(): number {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const count = lengthOf(monitor, this.object + LINE);
    monitor.leave();
    return count;
  }

  /** Whether who comes now may pass. */
  get open(): boolean {
    return this.isOpen(this.words.load(this.object + STATE));
  }

  /** R1. To be called by whoever has changed the state, if WAITERS was set in it. */
  letPass(): void {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    while (this.pump()) monitor.goOn();
    monitor.leave();
  }

  enlist(node: number): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    for (;;) {
      const state = this.words.load(word);
      if (this.isOpen(state)) return true;
      // R2.
      if (this.words.compareExchange(word, state, state | WAITERS) !== state) continue;
      monitor.poke(node + FOUND, state);
      append(monitor, this.object + LINE, node);
      return false;
    }
  }

  pump(): boolean {
    const monitor = this.#monitor;
    const state = this.words.load(this.object + STATE);
    if ((state & WAITERS) === 0) return false;
    let node = this.#first;
    // R3.
    if (node === 0 && monitor.isUntouched) this.words.and(this.object + STATE, ~WAITERS);
    for (; node !== 0; node = this.#first) {
      if (!this.mayPass(monitor.read(node + FOUND), state)) return false;
      if (!monitor.hasRoom) return true;
      monitor.grant(node, 0);
    }
    return false;
  }

  get #first(): number {
    return firstOf(this.#monitor, this.object + LINE);
  }
}
