/**
 * A number of parties that wait for each other, again and again.
 *
 * Source: CPython's `threading.Barrier`, for what breaks it. Departs from it: who comes while a round is leaving does not
 * wait in front of the barrier, but is counted for the next round; a party whose signal aborts leaves without breaking
 * anything, as in `asyncio`; and the death of a party breaks it.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { FIRST_OWN } from "./objects/header.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, LIST, NEXT, NONE, OWNER } from "./waiting/node.ts";
import { append, firstOf, nodeAfter, remove, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const PARTIES = FIRST_OWN;
const ACTION = FIRST_OWN + 4;
const TIMEOUT_MS = FIRST_OWN + 8;
const MODE = FIRST_OWN + 12;
const FILLING_COUNT = FIRST_OWN + 16;
const LEAVING_COUNT = FIRST_OWN + 20;
const NEXT_INDEX = FIRST_OWN + 24;
const ROUND = FIRST_OWN + 28;
const ACTOR = FIRST_OWN + 32;
const LINE = FIRST_OWN + 36;
export const BARRIER_BYTES: number = LINE + WAIT_LIST_BYTES;

const FILLING = 0;
const ACTING = 1;
const BROKEN = 2;

/** Instead of the address of an action: it has not left its thread. */
const NOT_STORED = 1;

/** As an index: who leaves finds the barrier broken. */
const NO_INDEX = -1;

/** What a wait gives, beside indices: the barrier is broken. */
export const FOUND_BROKEN: number = 1 << 29;
/** And, with a number of the round: this party is to act, and then to say so. */
export const TO_ACT: number = 1 << 30;
const ROUND_MASK = TO_ACT - 1;

/** What a new barrier is told. */
export interface BarrierPlan {
  readonly parties: number;
  readonly hasAction: boolean;
  /** How long a wait takes if it does not say; -1 for ever. */
  readonly timeoutMs: number;
}

export function writeBarrier(words: Words, object: number, plan: BarrierPlan): void {
  words.poke(object + PARTIES, plan.parties);
  words.poke(object + ACTION, plan.hasAction ? NOT_STORED : 0);
  words.poke(object + TIMEOUT_MS, plan.timeoutMs);
}

/** Where the action of a barrier is stored; 0 if it is not. */
export function storedAction(words: Words, object: number): number {
  const action = words.load(object + ACTION) >>> 0;
  return action === NOT_STORED ? 0 : action;
}

/** Says where the action is stored, before any other thread has the barrier. */
export function setStoredAction(words: Words, object: number, action: number): void {
  words.store(object + ACTION, action | 0);
}

/**
 * One barrier, as one thread sees it.
 *
 * ```text
 * bytes  name           values                                                   written by
 * 16     parties        how many meet                                            creator, once
 * 20     action         a stored function, called once a round; 1: known to the  creator's thread
 *                       creator alone; 0: none
 * 24     timeout        of waits that name none, in milliseconds; -1: none       creator, once
 * 28     mode           FILLING | ACTING | BROKEN                                gate holders
 * 32     filling count  so many at the end of the line wait for parties          gate holders
 * 36     leaving count  so many at the front belong to a round that is complete  gate holders
 *                       or broken
 * 40     next index     of the first of those; -1: they find it broken           gate holders
 * 44     round          how many times a party was to act                        gate holders
 * 48     actor          the identity of the thread that acts                     gate holders
 * 52     line           those who wait, see wait-list.ts                         gate holders
 *
 *            all have come: the last one is granted, to act
 * FILLING ◀─────────────────────────────────────────────────▶ ACTING
 *  │   ▲     the action has returned: the round leaves           │ it threw, its thread died,
 *  │   │ reset, with the line empty                              │ a party ran out of time or died
 *  │   └───────────────────────── BROKEN ◀────────────────────────┘
 *  └────────────────────────────────▲  abort, reset, a party ran out of time or died
 * ```
 *
 * - B1: the line is the leaving ones, then the filling ones. The leaving ones are granted from the front, with indices
 *   that count up, unless the mode is ACTING: then they wait for the action.
 * - B2: a round is complete when nobody is leaving and there are as many filling as there are parties. The last of them
 *   has the last index.
 * - B3: in mode BROKEN the filling ones become leaving ones without an index. Those who were leaving with one keep it.
 * - B4: who acts knows the number of its round. What it says about another round, or a broken one, changes nothing.
 * - B5: everything that can be done without a thread that has died is done by `pump`, in as many sections as it takes.
 *
 * Ordering: all words are written within sections, so who leaves sees what all parties of its round wrote before.
 */
export class BarrierCore implements Place<number> {
  readonly object: number;
  readonly operation = "Barrier.wait()";
  readonly parties: number;
  /** How long a wait takes if it does not say. */
  readonly timeoutMs: number;
  readonly #monitor: Monitor;
  readonly #hasAction: boolean;

  constructor(monitor: Monitor, object: number) {
    this.object = object;
    this.#monitor = monitor;
    this.parties = monitor.words.peek(object + PARTIES);
    const timeoutMs = monitor.words.peek(object + TIMEOUT_MS);
    this.timeoutMs = timeoutMs < 0 ? Infinity : timeoutMs;
    this.#hasAction = monitor.words.load(object + ACTION) !== 0;
  }

  /** How many wait for the others. */
  get waiting(): number {
    return this.#look(FILLING_COUNT);
  }

  get isBroken(): boolean {
    return this.#look(MODE) === BROKEN;
  }

  /** A word, after all has been done that can be. */
  #look(word: number): number {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    this.#pumpAll();
    const value = this.#get(word);
    monitor.leave();
    return value;
  }

  /** Breaks the barrier. */
  abort(): void {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    this.#break();
    this.#pumpAll();
    monitor.leave();
  }

  /** Breaks the barrier for those who wait, if any do, and mends it. */
  reset(): void {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    this.#break();
    // Dying in here leaves it broken.
    this.#pumpAll();
    this.#set(MODE, FILLING);
    monitor.leave();
  }

  /** B4. Says that the action of a round is done. Gives whether that was waited for. */
  acted(answer: number, isDone: boolean): boolean {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const isAwaited = this.#get(MODE) === ACTING && this.#get(ROUND) === (answer & ROUND_MASK);
    if (isAwaited) {
      if (isDone) this.#set(MODE, FILLING);
      else this.#break();
      this.#pumpAll();
    }
    monitor.leave();
    return isAwaited;
  }

  enlist(node: number): boolean {
    append(this.#monitor, this.object + LINE, node);
    this.#set(FILLING_COUNT, this.#get(FILLING_COUNT) + 1);
    this.#pumpAll();
    return false;
  }

  withdraw(node: number, isTimeout: boolean): boolean {
    const monitor = this.#monitor;
    // Those whose round is over leave with it.
    this.#pumpAll();
    if (monitor.read(node + LIST) === 0) return false;
    remove(monitor, node);
    this.left(node, isTimeout);
    return true;
  }

  /** In a section: a node was taken out of the line that was not granted. Breaks the barrier, or leaves it as it was. */
  left(node: number, breaks: boolean): void {
    const isActing = this.#get(MODE) === ACTING;
    const isLeaving = this.#hasStoodBefore(node, this.#get(LEAVING_COUNT));
    const count = isLeaving ? LEAVING_COUNT : FILLING_COUNT;
    this.#set(count, this.#get(count) - 1);
    if (breaks && (isActing || !isLeaving)) this.#break();
  }

  /** Whether a node that has left stood among the first `count`. Cost: a step for each of those. */
  #hasStoodBefore(node: number, count: number): boolean {
    const monitor = this.#monitor;
    const successor = monitor.read(node + NEXT) >>> 0;
    let place = 0;
    for (let one = this.#first; one !== successor && place < count; place++) one = nodeAfter(monitor, one);
    return place < count;
  }

  pump(): boolean {
    const monitor = this.#monitor;
    for (;;) {
      const mode = this.#get(MODE);
      if (mode === ACTING) {
        if (monitor.seats.isSeated(this.#get(ACTOR))) return false;
        this.#break();
      } else if (this.#get(LEAVING_COUNT) > 0) {
        if (this.#letLeave()) return true;
      } else if (mode === BROKEN) {
        // B3.
        if (this.#get(FILLING_COUNT) === 0) return false;
        this.#beginToLeave(this.#get(FILLING_COUNT), NO_INDEX);
      } else if (this.#get(FILLING_COUNT) < this.parties) {
        return false;
      } else {
        // B2.
        if (!monitor.hasRoom) return true;
        this.#beginToLeave(this.parties, 0);
        if (this.#hasAction) this.#letAct();
      }
    }
  }

  collect(node: number): number {
    return this.#monitor.read(node + ANSWER);
  }

  #pumpAll(): void {
    while (this.pump()) this.#monitor.goOn();
  }

  /** B1. Gives whether there are more than one section can hold. */
  #letLeave(): boolean {
    const monitor = this.#monitor;
    let count = this.#get(LEAVING_COUNT);
    let index = this.#get(NEXT_INDEX);
    for (; count > 0 && monitor.hasRoom; count--) {
      monitor.grant(this.#first, index === NO_INDEX ? FOUND_BROKEN : index++);
    }
    this.#set(LEAVING_COUNT, count);
    this.#set(NEXT_INDEX, index);
    return count > 0;
  }

  #beginToLeave(count: number, index: number): void {
    this.#set(FILLING_COUNT, this.#get(FILLING_COUNT) - count);
    this.#set(LEAVING_COUNT, count);
    this.#set(NEXT_INDEX, index);
  }

  /** The last of those who leave is to act, and the others wait for that. */
  #letAct(): void {
    const monitor = this.#monitor;
    let last = this.#first;
    for (let place = 1; place < this.parties; place++) last = nodeAfter(monitor, last);
    const round = (this.#get(ROUND) + 1) & ROUND_MASK;
    this.#set(MODE, ACTING);
    this.#set(ROUND, round);
    this.#set(ACTOR, monitor.read(last + OWNER) >>> 1);
    this.#set(LEAVING_COUNT, this.parties - 1);
    monitor.grant(last, TO_ACT | round);
  }

  /** B3. */
  #break(): void {
    if (this.#get(MODE) === ACTING) this.#set(NEXT_INDEX, NO_INDEX);
    this.#set(MODE, BROKEN);
  }

  get #first(): number {
    return firstOf(this.#monitor, this.object + LINE);
  }

  #get(word: number): number {
    return this.#monitor.read(this.object + word);
  }

  #set(word: number, value: number): void {
    this.#monitor.write(this.object + word, value);
  }
}

/** A party has died. If it waited, that breaks the barrier; if it acted, who looks finds that out. */
export function partyDied(monitor: Monitor, object: number, node: number): void {
  if (monitor.read(node + ANSWER) === NONE) new BarrierCore(monitor, object).left(node, true);
}
