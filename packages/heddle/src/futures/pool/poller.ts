/**
 * Brings the owner of an executor what its workers have finished.
 *
 * @packageDocumentation
 */
// The global is a getter, which costs half as much again as reading the clock.
import { performance } from "node:perf_hooks";
import type { DoneList, Words } from "#heap";
import { SpinPolicy } from "../board/spin.ts";

/** After so many looks in one turn of the event loop, others get their turn. */
const LOOKS_PER_TURN = 256;
/** And after so long, in milliseconds. */
const TURN_MS = 1;
/** Looks between two readings of the clock. */
const LOOKS_PER_READING = 16;
/** How often the event loop turns with a look each, before the owner sleeps. */
const TURNS_BEFORE_SLEEP = 4;

/** A microtask for less than by `queueMicrotask`, which makes an `AsyncResource`. */
const SOON = Promise.resolve();

/** What the poller works for. */
export interface Finisher {
  /** Settles the calls of a chain of finished slots. */
  finish(firstSlot: number): void;
  /** How many calls are under way that somebody waits for. */
  readonly awaited: number;
  /** Whether they keep the program alive. */
  readonly keepsProgram: boolean;
  /** A worker was woken. */
  woke(): void;
}

/**
 * Looks for finished calls, more and more patiently: in microtasks first, then once in each turn of the event loop,
 * at last asleep until a worker rings.
 *
 * ```text
 *        kick                  nothing in the budget      nothing for some turns
 * idle ───────▶ in microtasks ──────────────────────▶ by turns ─────────────────▶ asleep
 *  ▲                 ▲  ▲  something finished             │                          │
 *  │                 │  └─────────────────────────────────┘                          │
 *  │                 └────────────────────────────────── ring, or kick ─────────────┘
 *  └── from anywhere, when no call is under way
 * ```
 *
 * - I1: while a call is under way, exactly one of these is scheduled: a microtask, an immediate, the bell.
 * - I2: the program is kept alive exactly while a call is under way that its owner says does so.
 * - I3: microtasks never take more than {@link TURN_MS} and {@link LOOKS_PER_TURN} looks of one turn, so timers and
 *   sockets are served however fast the calls come.
 */
export class Poller {
  readonly #words: Words;
  readonly #done: DoneList;
  readonly #finisher: Finisher;
  /** The first result of what was sent, and the further ones, are waited for differently long: each is learned by itself. */
  readonly #forFirst = new SpinPolicy(false);
  readonly #forMore = new SpinPolicy(false);
  #policy = this.#forFirst;
  #state: "idle" | "microtask" | "turn" | "asleep" = "idle";
  /** I2. Held while asleep: a pending `Atomics.waitAsync` keeps no program alive (nodejs/node#61941). */
  readonly #keepAlive: NodeJS.Timeout;
  /** A wait for the bell is pending. It may outlive the sleep it was begun for, and serves the next one. */
  #listening = false;
  #looks = 0;
  #turnBegan = 0;
  /** Turns with a look each before the next sleep. None where looking is not worthwhile. */
  #turnsLeft = 0;
  /** Others have their turn in between, and then it looks on: something had been finished, or it was still looking. */
  #looksOn = false;
  /** The last look ended only for the sake of others. */
  #wasStopped = false;
  /** When the first look found nothing; 0 while none has. */
  #waitBegan = 0;
  /** A worker was woken since something was last finished. */
  #woke = false;

  readonly #inMicrotask = (): void => this.#look(true);
  readonly #inTurn = (): void => {
    const looksOn = this.#looksOn;
    this.#looksOn = false;
    this.#looks = 0;
    this.#look(looksOn);
  };
  readonly #onBell = (): void => {
    this.#listening = false;
    if (this.#state !== "asleep") return;
    this.#done.awake();
    this.#looks = 0;
    this.#look(false);
  };

  constructor(words: Words, done: DoneList, finisher: Finisher) {
    this.#words = words;
    this.#done = done;
    this.#finisher = finisher;
    this.#keepAlive = setInterval(() => {}, 2 ** 30).unref();
  }

  /** A call was submitted; `woke`: to a worker that had to be woken. */
  kick(woke: boolean): void {
    if (woke) {
      this.#woke = true;
      this.#finisher.woke();
    }
    if (this.#state === "microtask" || this.#state === "turn") return;
    if (this.#state === "asleep") this.#done.awake();
    this.#policy = this.#forFirst;
    this.#waitBegan = 0;
    this.#soon();
  }

  /** Settles what is finished now, whatever is scheduled. */
  drain(): boolean {
    const first = this.#done.takeAll();
    if (first === 0) return false;
    this.#finisher.finish(first);
    return true;
  }

  /** From now on the calls under way keep the program alive. */
  noteKept(): void {
    if (this.#state === "asleep") this.#keepAlive.ref();
  }

  /** Nobody waits for anything any more. */
  rest(): void {
    if (this.#state !== "asleep") return;
    this.#done.awake();
    this.#rest();
  }

  /** Ends the polling for good. */
  close(): void {
    this.#state = "idle";
    this.#done.awake();
    clearInterval(this.#keepAlive);
  }

  #soon(): void {
    this.#state = "microtask";
    void SOON.then(this.#inMicrotask);
  }

  #nextTurn(): void {
    this.#state = "turn";
    setImmediate(this.#inTurn);
  }

  #look(mayStay: boolean): void {
    if (this.#looks++ === 0) this.#turnBegan = performance.now();
    if (this.drain() || (mayStay && this.#spin() && this.drain())) this.#found();
    else if (this.#finisher.awaited === 0) this.#rest();
    else if (this.#wasStopped) this.#lookOn();
    else if (this.#turnsLeft-- > 0) this.#nextTurn();
    else this.#sleep();
  }

  #found(): void {
    const now = performance.now();
    this.#policy.observe(this.#waitBegan === 0 ? 0 : now - this.#waitBegan, this.#woke);
    this.#policy = this.#forMore;
    this.#waitBegan = 0;
    this.#woke = false;
    this.#turnsLeft = 0;
    this.#wasStopped = false;
    if (this.#finisher.awaited === 0) this.#rest();
    else if (this.#looks < LOOKS_PER_TURN && now - this.#turnBegan < TURN_MS) this.#soon();
    else this.#lookOn();
  }

  #lookOn(): void {
    this.#looksOn = true;
    this.#nextTurn();
  }

  /** Whether something was finished while looking. */
  #spin(): boolean {
    const began = performance.now();
    if (this.#waitBegan === 0) this.#waitBegan = began;
    const budgetMs = this.#policy.budgetMs(this.#woke);
    this.#wasStopped = false;
    if (budgetMs === 0) return false;
    this.#turnsLeft = TURNS_BEFORE_SLEEP;
    // I3.
    const end = Math.min(began + budgetMs, this.#turnBegan + TURN_MS);
    let found = false;
    do {
      for (let i = 0; i < LOOKS_PER_READING && !found; i++) {
        found = this.#done.ready;
        if (!found) this.#words.pause();
      }
    } while (!found && performance.now() < end);
    // One that others had to have their turn for was not in vain.
    this.#wasStopped = !found && end < began + budgetMs;
    if (!this.#wasStopped) this.#policy.looked(found);
    return found;
  }

  #sleep(): void {
    if (!this.#done.trySleep()) return this.#nextTurn();
    this.#state = "asleep";
    if (this.#finisher.keepsProgram) this.#keepAlive.ref();
    else this.#keepAlive.unref();
    if (this.#listening) return;
    const outcome = this.#done.waitAsync();
    if (typeof outcome === "string") return this.#nextTurn();
    this.#listening = true;
    void outcome.then(this.#onBell);
  }

  #rest(): void {
    this.#state = "idle";
    this.#keepAlive.unref();
  }
}
