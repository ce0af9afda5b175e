/**
 * Functions that are called later.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { explainStaying } from "../../portable/index.ts";
import { Context, currentContext, LongTimer, runIn } from "../../scopes/index.ts";
import { checkKnown, whileBlocked } from "../../sync/index.ts";
import { ThreadStateError } from "../errors.ts";
import type { OptionsFor } from "./thread-options.ts";

const KNOWN = ["args", "daemon"];

/** What a timer calls its function with, and whether the program waits for it. */
export interface TimerOptions<A extends readonly unknown[] = readonly unknown[]> {
  /** What the function is called with. */
  args?: A;
  /** Whether the program may end before. Default: false. */
  daemon?: boolean;
}

/** Those that have been started here, and were neither called nor cancelled. */
const pending = new Set<Timer>();
let isLooking = false;

let dueMsOf: (timer: Timer) => number;
let fire: (timer: Timer) => void;

/**
 * Calls a function once, after some time, in the thread that has started it; also while that thread blocks in a wait of the
 * toolkit, in the middle of that wait: so what it does should be short, and not wait itself.
 *
 * The program waits for it, wherever it was started. What the function throws is an uncaught exception of the thread; the
 * values of context variables are those of whoever has called {@link start}.
 *
 * @remarks
 * Source: Python's `threading.Timer`.
 * Departs from it: it is no thread of its own, so its function may use all that is around it, and it does not fire while this
 * thread computes. For that, start a `Thread` that sleeps first.
 *
 * @example
 * ```ts
 * import { Event, Timer } from "heddle";
 *
 * const rang = new Event();
 * new Timer(10, () => rang.set()).start();
 * const never = new Timer(5, () => { throw new Error("cancelled"); }).start();
 * never.cancel();
 * rang.waitSync();
 * rang.isSet; // => true
 * ```
 */
export class Timer<A extends readonly unknown[] = readonly any[]> implements Disposable {
  readonly #delayMs: number;
  readonly #fn: (...args: A) => unknown;
  readonly #args: A;
  readonly #isDaemon: boolean;
  #state: "new" | "started" | "over" = "new";
  #context: Context | undefined;
  #dueAt = Infinity;
  #timer: LongTimer | undefined;

  /** @throws `TypeError` or `RangeError` when something is not what it should be. */
  constructor(
    delayMs: number,
    fn: (...args: A) => unknown,
    ...[options = {}]: OptionsFor<A, TimerOptions<A>>
  ) {
    check(delayMs, fn, options);
    this.#delayMs = delayMs;
    this.#fn = fn;
    this.#args = options.args ?? ([] as unknown as A);
    this.#isDaemon = options.daemon ?? false;
  }

  /**
   * From now on the time counts. One that was cancelled before does nothing.
   *
   * @throws `ThreadStateError` when it was started before.
   */
  start(): this {
    if (this.#context !== undefined)
      throw new ThreadStateError("Cannot start a Timer: it was started before");
    this.#context = new Context(undefined, undefined, currentContext().values);
    if (this.#state === "over") return this;
    this.#state = "started";
    this.#dueAt = performance.now() + this.#delayMs;
    pending.add(this);
    lookOut();
    this.#timer = new LongTimer(() => this.#fire(), this.#delayMs, this.#isDaemon);
    return this;
  }

  /** Its function will not be called. Does nothing if it has been. */
  cancel(): void {
    this.#state = "over";
    pending.delete(this);
    this.#timer?.clear();
  }

  /** Whether it was started, and its function may yet be called. */
  get isAlive(): boolean {
    return this.#state === "started";
  }

  /** As {@link cancel}. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  #fire(): void {
    this.cancel();
    runIn(this.#context!, () => this.#fn(...this.#args));
  }

  static {
    dueMsOf = (timer) => Math.max(0, timer.#dueAt - performance.now());
    fire = (timer) => timer.#fire();
  }
}

Object.defineProperty(Timer.prototype, inspect.custom, {
  value(this: Timer): string {
    return this.isAlive ? `Timer (due in ${dueMsOf(this).toFixed(0)} ms)` : "Timer (not running)";
  },
});

explainStaying(Timer, "it calls its function in the thread that made it", "make a Timer there");

/** From now on timers are called while this thread blocks. */
function lookOut(): void {
  if (isLooking) return;
  isLooking = true;
  whileBlocked({
    dueMs() {
      let leastMs = Infinity;
      for (const timer of pending) leastMs = Math.min(leastMs, dueMsOf(timer));
      return leastMs;
    },
    look() {
      for (const timer of pending) if (dueMsOf(timer) === 0) fireBlocked(timer);
    },
  });
}

function fireBlocked(timer: Timer): void {
  try {
    fire(timer);
  } catch (error) {
    // It is no business of whoever waits.
    queueMicrotask(() => {
      throw error;
    });
  }
}

function check(delayMs: unknown, fn: unknown, options: TimerOptions): void {
  if (typeof delayMs !== "number") refuse("its delayMs must be a number", delayMs);
  if (!(delayMs >= 0 && delayMs < Infinity)) {
    throw new RangeError(
      `Cannot make a Timer: its delayMs must be a number of milliseconds, 0 or more, and is ${delayMs}`,
    );
  }
  if (typeof fn !== "function") refuse("what it calls must be a function", fn);
  if (typeof options !== "object" || options === null) refuse("its options must be an object", options);
  checkKnown(options, KNOWN, "a Timer");
  const { args, daemon } = options;
  if (args !== undefined && !Array.isArray(args)) refuse("its args must be an array", args);
  if (daemon !== undefined && typeof daemon !== "boolean") refuse("daemon must be true or false", daemon);
}

function refuse(rule: string, found: unknown): never {
  throw new TypeError(`Cannot make a Timer: ${rule}, and is ${inspect(found, { depth: 0 })}`);
}
