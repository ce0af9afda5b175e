/**
 * Lets workers go that have had nothing to do.
 *
 * @packageDocumentation
 */
import type { Crew } from "./crew.ts";
import { delayFor } from "../timers.ts";

/** Looks at the workers twice in each idle time: one leaves after that time at the earliest, and twice that at the latest. */
const LOOKS_PER_TIMEOUT = 2;

export interface IdleWatchOptions {
  idleTimeoutMs: number;
  /** So many stay in any case. */
  minWorkers: number;
}

/**
 * - I1: it looks while there are more than the least number of workers, and keeps no program alive.
 * - I2: a worker that has handed anything back since it was first seen idle is not idle.
 */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #crew: Crew;
  readonly #isIdle: (worker: number) => boolean;
  /** When each worker was first seen idle; 0 while it was not. */
  readonly #idleSince: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: IdleWatchOptions, crew: Crew, isIdle: (worker: number) => boolean) {
    this.#options = options;
    this.#crew = crew;
    this.#isIdle = isIdle;
  }

  /** I2. */
  noteBusy(worker: number): void {
    this.#idleSince[worker] = 0;
  }

  /** I1. There is one worker more. */
  begin(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === Infinity) return;
    this.#timer ??= setInterval(() => this.#look(), delayFor(idleTimeoutMs / LOOKS_PER_TIMEOUT)).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const { idleTimeoutMs, minWorkers } = this.#options;
    const now = performance.now();
    for (const worker of this.#crew) {
      if (this.#crew.size <= minWorkers) break;
      const since = this.#isIdle(worker) ? this.#idleSince[worker] || now : 0;
      this.#idleSince[worker] = since;
      if (since === 0 || now - since < idleTimeoutMs) continue;
      this.#idleSince[worker] = 0;
      this.#crew.retire(worker);
    }
    if (this.#crew.size <= minWorkers) this.end();
  }
}
