/**
 * Waiting for time to pass.
 *
 * @packageDocumentation
 */
import { checkWaitLimits, throwIfEnded } from "../futures/index.ts";
import {
  currentContext,
  LONGEST_DELAY_MS,
  needNoHandler,
  rejected,
  type Scope,
  type TaskNode,
  type Waiter,
} from "../scopes/index.ts";
import { checkDuration } from "./checks.ts";

/** What a task waits for that sleeps. */
const SLEEPING = "sleep()";

/**
 * Waits. Other code runs meanwhile.
 *
 * @param milliseconds - 0: one turn of the event loop, as {@link checkpoint}. `Infinity`: until it is cancelled.
 * @throws The reason of the signal or of the scope around, when the wait ends early. No timer is left then.
 *
 * @example
 * ```ts
 * import { sleep } from "heddle";
 *
 * await sleep(5);
 * ```
 */
export function sleep(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void> {
  try {
    checkDuration(milliseconds, "sleep()");
    const checked = checkWaitLimits(options, "sleep()");
    throwIfEnded(checked);
    let sleeper!: Sleeper;
    const promise = new Promise<void>((resolve, reject) => {
      sleeper = new Sleeper(milliseconds, resolve, reject);
    });
    sleeper.promise = promise;
    if (checked.signal !== undefined) sleeper.endWith(checked.signal);
    return promise;
  } catch (error) {
    return rejected(error);
  }
}

let wake: (sleeper: Sleeper) => void;

/** One call that sleeps. There may be a million of them. */
class Sleeper implements Waiter {
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  /** What `sleep` has given. */
  promise: Promise<void> | undefined = undefined;
  readonly #scope: Scope | undefined;
  readonly #task: TaskNode | undefined;
  /** Unties it from its signal. */
  #forgetSignal: (() => void) | undefined = undefined;
  #timer!: NodeJS.Timeout | NodeJS.Immediate;
  #leftMs: number;

  constructor(milliseconds: number, resolve: () => void, reject: (reason: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#leftMs = milliseconds;
    const { scope, task } = currentContext();
    this.#scope = scope;
    this.#task = task;
    scope?.addWaiter(this);
    if (task !== undefined) task.waitsFor = SLEEPING;
    this.#wait();
  }

  endWith(signal: AbortSignal): void {
    const onAbort = (): void => this.cancelled(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#forgetSignal = () => signal.removeEventListener("abort", onAbort);
  }

  cancelled(reason: unknown): void {
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#leave();
    if (this.#scope?.isCancelled === true) needNoHandler(this.promise!);
    this.#reject(reason);
  }

  /** A timer takes no delay that is longer: it is set again and again. */
  #wait(): void {
    const delayMs = Math.min(this.#leftMs, LONGEST_DELAY_MS);
    this.#leftMs -= delayMs;
    if (delayMs === 0) this.#timer = setImmediate(wake, this);
    else this.#timer = setTimeout(wake, delayMs, this);
  }

  #leave(): void {
    this.#scope?.deleteWaiter(this);
    this.#forgetSignal?.();
    if (this.#task?.waitsFor === SLEEPING) this.#task.waitsFor = undefined;
  }

  static {
    wake = (sleeper) => {
      if (sleeper.#leftMs > 0) return sleeper.#wait();
      sleeper.#leave();
      sleeper.#resolve();
    };
  }
}

/**
 * Lets the event loop have a turn, and throws if the running code was told to stop.
 *
 * @throws The reason of the scope around, when that was cancelled before or meanwhile.
 *
 * @example
 * ```ts
 * import { checkpoint } from "heddle";
 *
 * for (let step = 0; step < 3; step++) await checkpoint();
 * ```
 */
export function checkpoint(): Promise<void> {
  return sleep(0);
}
