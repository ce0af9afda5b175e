/**
 * How long a piece of work takes one thread that has a core to itself.
 *
 * On shared cores elapsed time is longer than that, as the thread also waits for its turn. Processor time is
 * shorter, as it leaves out what the function itself waits for: files, sockets, other programs. Linux tells how long a thread
 * waited for a core; elapsed time less that is the figure. Elsewhere processor time stands in for it, or
 * elapsed time when the function was asynchronous.
 *
 * @packageDocumentation
 */
import { openSync, readSync } from "node:fs";

/** Run time, time spent waiting for a core, and time slices of the thread that opens it. */
const SCHEDULER_FIGURES = "/proc/thread-self/schedstat";

/** What a clock has measured. */
export interface Measured {
  readonly elapsedMs: number;
  /** How long the thread waited for a core; 0 where the system does not say. */
  readonly delayMs: number;
  /** The part of `elapsedMs`, from 0 to 1, that the work would have taken on a free core. */
  readonly share: number;
}

/** One measurement, running from its construction. */
export class WorkClock {
  readonly #delayed: () => number | undefined;
  readonly #startMs: number;
  readonly #startDelayMs: number | undefined;
  readonly #startProcessor: NodeJS.CpuUsage | undefined;

  /** @param delayed - How long this thread has waited for a core since it began, in milliseconds, if anybody knows. */
  constructor(delayed: () => number | undefined = delayedMs) {
    this.#delayed = delayed;
    this.#startDelayMs = delayed();
    this.#startProcessor = this.#startDelayMs === undefined ? process.threadCpuUsage() : undefined;
    this.#startMs = performance.now();
  }

  /** Milliseconds since the start, waiting of every kind included. */
  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  /**
   * Ends the measurement.
   *
   * @param waited - Whether the work was asynchronous.
   */
  stop(waited: boolean): Measured {
    const { elapsedMs } = this;
    const delayMs = this.#startDelayMs === undefined ? 0 : (this.#delayed() ?? 0) - this.#startDelayMs;
    const ownMs = this.#startProcessor === undefined || waited ? elapsedMs - delayMs : this.#processorMs();
    const share = elapsedMs > 0 ? Math.min(1, Math.max(0, ownMs / elapsedMs)) : 1;
    return { elapsedMs, delayMs, share };
  }

  #processorMs(): number {
    const { user, system } = process.threadCpuUsage(this.#startProcessor);
    return (user + system) / 1000;
  }
}

/** What a thread has had of the processor since it began, in milliseconds. */
export interface ThreadTimes {
  readonly runMs: number;
  /** How long it has waited for a core. */
  readonly delayMs: number;
}

/** The times of this thread; `undefined` where the system does not say. */
export function threadTimes(): ThreadTimes | undefined {
  if (figures === undefined) return undefined;
  const length = readSync(figures, text, 0, text.length, 0);
  const [runNs, delayNs] = text.toString("latin1", 0, length).split(" ");
  return { runMs: Number(runNs) / 1e6, delayMs: Number(delayNs) / 1e6 };
}

/** The open file of this thread's figures; `undefined` where there is none. One a thread, as each has its own `thread-self`. */
const figures: number | undefined = openFigures();
const text: Buffer = Buffer.alloc(96);

function openFigures(): number | undefined {
  try {
    return openSync(SCHEDULER_FIGURES, "r");
  } catch {
    return undefined;
  }
}

function delayedMs(): number | undefined {
  return threadTimes()?.delayMs;
}
