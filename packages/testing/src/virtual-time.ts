/**
 * Virtual time: a clock that jumps to the next timer when everything waits.
 *
 * Source: Go's `testing/synctest` and Trio's `MockClock`. Departs from them: there is no bubble, so it is told by the
 * event loop whether everything waits: no microtask, no immediate and no request to the system is left. What another
 * thread or process does is not seen; `hold` tells of it.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { helpOn } from "./help.ts";
import { checkOptions, checkWhole } from "./options.ts";
import { PendingPromises } from "./pending-promises.ts";
import { realSetImmediate, realSetTimeout, type Turns, useVirtualTime } from "./time-globals.ts";
import { VirtualTimers } from "./virtual-timers.ts";

/** When virtual time begins, and how far it may go. */
export interface VirtualTimeOptions {
  /** What `Date` shows at first. Default: the beginning of the year 2000, UTC. */
  readonly start?: Date | number;
  /** More jumps than this in one `run` are an error: timers that go on for ever. Default 100,000. */
  readonly maxJumps?: number;
}

/** Everything waits, and no timer is set. */
export class VirtualDeadlockError extends Error {
  override readonly name = "VirtualDeadlockError";
  readonly code = "ERR_HEDDLE_VIRTUAL_DEADLOCK";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** Where in the program promises were made or awaited that have not settled, the latest first. */
  readonly waiting: readonly string[];

  constructor(nowMs: number, waiting: readonly string[]) {
    const sites = waiting.slice(0, 10).map((site) => `\n    ${site}`);
    super(
      `Cannot go on at ${nowMs} ms of virtual time: everything waits, and no timer is set${sites.join("")}`,
    );
    this.waiting = waiting;
  }
}

const YEAR_2000 = Date.UTC(2000, 0, 1);

/** So many turns of the event loop in a row must bring nothing new. */
const QUIET_TURNS = 3;

/** Requests to the system that are under way, among what keeps an event loop alive. */
const REQUEST = /Req|Request|Job|ConnectWrap|WriteWrap|ShutdownWrap|Zlib/;

let current: VirtualClock | undefined;

/**
 * Puts all timers and clocks on virtual time until it is disposed of: `setTimeout`, `setInterval`, `Date`, `performance.now`,
 * `AbortSignal.timeout`, `node:timers` and `node:timers/promises`. Immediates, microtasks and I/O stay real.
 *
 * @throws `Error` while there is such a clock already. `TypeError`, `RangeError` for options that are none: what runs is given to `run()`.
 */
export function virtualTime(options: VirtualTimeOptions = {}): VirtualClock {
  checkOptions(options, ["start", "maxJumps"], "start virtual time");
  checkWhole("start virtual time", "maxJumps", options.maxJumps, { mayBeInfinite: true });
  if (options.start !== undefined && Number.isNaN(new Date(options.start).getTime())) {
    throw new RangeError(`Cannot start virtual time: start is no time, but ${inspect(options.start)}`);
  }
  if (current !== undefined) {
    throw new Error("Cannot start virtual time: another virtual clock has not been disposed of");
  }
  current = new VirtualClock(options, () => (current = undefined));
  return current;
}

/** Made by {@link virtualTime}. */
export class VirtualClock implements Disposable {
  readonly #timers = new VirtualTimers();
  readonly #turns: Turns = { pending: 0 };
  readonly #maxJumps: number;
  readonly #restore: () => void;
  readonly #ended: () => void;
  #holds = 0;
  #isDriven = false;

  constructor({ start = YEAR_2000, maxJumps = 100_000 }: VirtualTimeOptions, ended: () => void) {
    this.#maxJumps = maxJumps;
    this.#ended = ended;
    this.#restore = useVirtualTime(this.#timers, Number(start), this.#turns);
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.#timers.nowMs;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /**
   * Runs a body, and lets time jump whenever everything waits, until what it gave has settled.
   *
   * @throws What the body throws, or a timer's callback. `VirtualDeadlockError` when everything waits and no timer is set.
   */
  async run<Result>(body: () => Result | PromiseLike<Result>): Promise<Result> {
    return this.#drive(async () => {
      const pending = new PendingPromises();
      try {
        let isSettled = false;
        const settle = (): void => void (isSettled = true);
        const result = (async () => body())();
        result.then(settle, settle);
        for (let jumps = 0; ; jumps++) {
          await this.#quiet(() => isSettled);
          if (isSettled) return await result;
          if (jumps >= this.#maxJumps) {
            throw new Error(
              `Cannot come to an end: virtual time has jumped ${this.#maxJumps} times, to ${this.nowMs} ms`,
            );
          }
          const next = this.#timers.nextAt;
          if (next === undefined) throw new VirtualDeadlockError(this.nowMs, pending.sites());
          await this.#jumpTo(next);
        }
      } finally {
        pending.stop();
      }
    });
  }

  /** Lets so much time pass, and all that is due meanwhile happen in its order. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`Cannot advance time by ${ms} ms: it does not go back`);
    if (ms === Infinity)
      throw new RangeError("Cannot advance time for ever: say how far, or run() something");
    return this.#drive(async () => {
      const end = this.nowMs + ms;
      await this.#quiet(() => false);
      for (let next = this.#timers.nextAt; next !== undefined && next <= end; next = this.#timers.nextAt) {
        await this.#jumpTo(next);
        await this.#quiet(() => false);
      }
      this.#timers.nowMs = end;
    });
  }

  /** Resolves when everything waits. Time does not move on. */
  async idle(): Promise<void> {
    await this.#quiet(() => false);
  }

  /** Keeps time from jumping until a promise settles, for what happens outside: in another thread, or on a socket. */
  async hold<Result>(work: PromiseLike<Result>): Promise<Result> {
    this.#holds++;
    try {
      return await work;
    } finally {
      this.#holds--;
    }
  }

  /** Brings the real clocks and timers back. Virtual timers that are still set never fire. */
  [Symbol.dispose](): void {
    this.#restore();
    this.#ended();
  }

  async #drive<Result>(body: () => Promise<Result>): Promise<Result> {
    if (this.#isDriven) throw new Error("Cannot move virtual time: another run() or advance() moves it");
    this.#isDriven = true;
    try {
      return await body();
    } finally {
      this.#isDriven = false;
    }
  }

  /** Resolves when some turns of the event loop have brought nothing new, or `enough`. */
  async #quiet(enough: () => boolean): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS && !enough();) {
      const { changes } = this.#timers;
      await new Promise((resolve) => void realSetImmediate(resolve));
      const isBusy = this.#holds > 0 || process.getActiveResourcesInfo().some((name) => REQUEST.test(name));
      if (isBusy) await new Promise((resolve) => void realSetTimeout(resolve, 1));
      quiet = isBusy || this.#turns.pending > 0 || this.#timers.changes !== changes ? 0 : quiet + 1;
    }
  }

  /** Fires all that is due at a time. Microtasks run in between, immediates after them all, as in Node. */
  async #jumpTo(at: number): Promise<void> {
    this.#timers.nowMs = Math.max(this.nowMs, at);
    const errors: unknown[] = [];
    for (const timeout of this.#timers.due()) {
      realSetImmediate(() => {
        try {
          this.#timers.fire(timeout);
        } catch (error) {
          errors.push(error);
        }
      });
    }
    await new Promise((resolve) => void realSetImmediate(resolve));
    if (errors.length > 0) throw errors[0];
  }
}
