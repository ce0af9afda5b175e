/**
 * Waiting for time to pass.
 *
 * @packageDocumentation
 */
import { checkWaitOptions, LONGEST_DELAY_MS, throwIfEnded } from "../futures/index.ts";
import { currentContext } from "../scopes/index.ts";
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
export async function sleep(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void> {
  checkDuration(milliseconds, "sleep()");
  const checked = checkWaitOptions(options, "sleep()");
  throwIfEnded(checked);
  await new Promise<void>(
    (resolve, reject) => void new Sleeper(milliseconds, checked.signal, resolve, reject),
  );
}

let wake: (sleeper: Sleeper) => void;

/** One call that sleeps. */
class Sleeper {
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #leaveScope: (() => void) | undefined;
  readonly #onAbort: (() => void) | undefined;
  readonly #task = currentContext().task;
  #timer!: NodeJS.Timeout | NodeJS.Immediate;
  #leftMs: number;

  constructor(
    milliseconds: number,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#leftMs = milliseconds;
    this.#leaveScope = currentContext().scope?.onCancel((reason) => this.#end(reason));
    if (signal !== undefined) {
      this.#onAbort = () => this.#end(signal.reason);
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (this.#task !== undefined) this.#task.waitsFor = SLEEPING;
    this.#wait();
  }

  /** A timer takes no delay that is longer: it is set again and again. */
  #wait(): void {
    const delayMs = Math.min(this.#leftMs, LONGEST_DELAY_MS);
    this.#leftMs -= delayMs;
    if (delayMs === 0) this.#timer = setImmediate(wake, this);
    else this.#timer = setTimeout(wake, delayMs, this);
  }

  #leave(): void {
    this.#leaveScope?.();
    if (this.#onAbort !== undefined) this.#signal!.removeEventListener("abort", this.#onAbort);
    if (this.#task?.waitsFor === SLEEPING) this.#task.waitsFor = undefined;
  }

  #end(reason: unknown): void {
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#leave();
    this.#reject(reason);
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
