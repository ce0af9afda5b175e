/**
 * A first look at a function: how long it takes, and how much of that it waits.
 *
 * @packageDocumentation
 */
import type { Target } from "../chunk.ts";
import { oneLine, usageError } from "../errors.ts";
import { WorkClock } from "../work-clock.ts";

/** The look takes about so long, unless one item takes longer. */
const PROBE_MS = 400;
/** Items before the look: V8 compiles what is called often. */
const WARM_UP_MS = 100;
/** Items quicker than this are not timed one by one: the clock would be most of it. */
const TIMED_FROM_MS = 0.05;
/** So many items between two looks at the clock, at first. */
const MOST_UNTIMED = 4096;

/** What a function is like. */
export interface Nature {
  /** Of one thread that has a core to itself. */
  readonly msPerItem: number;
  /** The part of that, from 0 to 1, in which it does not compute. */
  readonly waits: number;
  /** Whether it gives promises. */
  readonly isAsync: boolean;
  /** Times of single items, where they are long enough to be timed. */
  readonly itemTimes: readonly number[];
}

/** Calls the function in a row on this thread. */
export async function probe(fn: Target, items: readonly unknown[]): Promise<Nature> {
  const calls = new Calls(fn, items);
  const first = await calls.run(WARM_UP_MS, 1);
  const isSlow = first.elapsedMs / first.count >= TIMED_FROM_MS;
  const itemTimes: number[] = [];
  const processor = process.threadCpuUsage();
  const look = await calls.run(PROBE_MS, isSlow ? 1 : MOST_UNTIMED, isSlow ? itemTimes : undefined);
  const { user, system } = process.threadCpuUsage(processor);
  const ownMs = Math.max(look.elapsedMs - look.delayMs, 0.001);
  return {
    msPerItem: ownMs / look.count,
    waits: calls.isAsync ? Math.max(0, 1 - (user + system) / 1000 / ownMs) : 0,
    isAsync: calls.isAsync,
    itemTimes,
  };
}

interface Look {
  readonly count: number;
  readonly elapsedMs: number;
  readonly delayMs: number;
}

class Calls {
  readonly #fn: Target;
  readonly #items: readonly unknown[];
  #at = 0;
  isAsync = false;

  constructor(fn: Target, items: readonly unknown[]) {
    this.#fn = fn;
    this.#items = items;
  }

  /** Calls it until the time is up, which it looks at after every so many items. */
  async run(forMs: number, every: number, times?: number[]): Promise<Look> {
    const clock = new WorkClock();
    let count = 0;
    let doneMs = 0;
    do {
      for (let i = 0; i < every; i++) {
        const pending = this.#call();
        if (pending !== undefined) await pending;
      }
      count += every;
      const { elapsedMs } = clock;
      times?.push(elapsedMs - doneMs);
      doneMs = elapsedMs;
    } while (doneMs < forMs);
    const { elapsedMs, delayMs } = clock.stop(true);
    return { count, elapsedMs, delayMs };
  }

  #call(): PromiseLike<unknown> | undefined {
    const index = this.#at;
    this.#at = (index + 1) % this.#items.length;
    try {
      const result = this.#fn(this.#items[index], index);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then !== "function") return undefined;
      this.isAsync = true;
      return (result as PromiseLike<unknown>).then(undefined, fail);
    } catch (error) {
      return fail(error);
    }
  }
}

/** What fails is no measure of what works. */
function fail(error: unknown): never {
  throw usageError(
    `Cannot advise: the function failed for an item of the input: ${oneLine(error)}; try heddle map, which names all that fail`,
  );
}
