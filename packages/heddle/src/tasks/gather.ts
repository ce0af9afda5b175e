/**
 * Several things at once, in one line.
 *
 * @packageDocumentation
 */
import { Future, markObserved } from "../futures/index.ts";
import { declareUnbundled } from "../portable/index.ts";
import { currentContext, leavable, unheard } from "../scopes/index.ts";
import { abortError } from "./errors.ts";
import { runAll, taskGroup } from "./task-group.ts";

/** What {@link gather} and {@link race} take: a function, which becomes a task; or a future or promise, which is awaited. */
export type Job = (() => unknown) | PromiseLike<unknown>;

/** What a job gives. */
export type Outcome<J> = J extends () => infer R ? Awaited<R> : Awaited<J>;

/**
 * Runs functions at once, and waits for futures and promises: gives all their results, in order.
 *
 * A failure cancels the functions that still run, and is thrown when they have ended, as from {@link taskGroup}. Futures
 * are left alone then; when the whole is cancelled from outside, they are cancelled as well.
 *
 * @example
 * ```ts
 * import { gather, toThread } from "heddle";
 *
 * const [one, two] = await gather(async () => 1, toThread(() => "two"));
 * [one, two]; // => [1, "two"]
 * ```
 */
export function gather<const J extends readonly Job[]>(
  ...jobs: J
): Promise<{ -readonly [K in keyof J]: Outcome<J[K]> }> {
  try {
    const bodies = jobs.map((job) => bodyOf(job, "gather"));
    return runAll(bodies, gather) as Promise<{ -readonly [K in keyof J]: Outcome<J[K]> }>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * As {@link gather}, but gives the result of the first that is done, or throws its error. The functions that still run
 * are cancelled, and waited for. What fails of them then is thrown as well, as from {@link taskGroup}.
 *
 * @example
 * ```ts
 * import { race, sleep } from "heddle";
 *
 * await race(() => sleep(60_000), async () => "first"); // => "first"
 * ```
 */
export function race<const J extends readonly Job[]>(...jobs: J): Promise<Outcome<J[number]>> {
  return unheard(firstOf(jobs));
}

async function firstOf<const J extends readonly Job[]>(jobs: J): Promise<Outcome<J[number]>> {
  if (jobs.length === 0) throw new TypeError("Cannot race: there is nothing to run");
  const bodies = jobs.map((job) => bodyOf(job, "race"));
  const result = await taskGroup(async (group) => {
    try {
      return await Promise.race(bodies.map((body) => group.spawn(body)));
    } finally {
      group.cancel(abortError("Another was first"));
    }
  });
  return result as Outcome<J[number]>;
}

function bodyOf(job: Job, operation: string): () => unknown {
  if (typeof job === "function") return job;
  // It may never be waited for, if another is quicker to fail.
  if (job instanceof Promise) job.catch(() => {});
  else if (job instanceof Future) markObserved(job);
  const isAwaitable = typeof job === "object" && job !== null && typeof job.then === "function";
  if (isAwaitable) return () => result(job, `${operation}()`);
  if (Array.isArray(job)) {
    throw new TypeError(`Cannot ${operation}: an array is no job; spread it, as in ${operation}(...jobs)`);
  }
  throw new TypeError(
    `Cannot ${operation}: ${job === null ? "null" : typeof job} is neither a function nor a promise`,
  );
}

/** The result of a promise, unless the task is told to stop before. */
function result(job: PromiseLike<unknown>, operation: string): Promise<unknown> {
  const scope = currentContext().scope!;
  return leavable(
    operation,
    () => job,
    (reason) => {
      const isFromOutside = scope.parent!.parent?.isCancelled === true;
      if (job instanceof Future && isFromOutside) job.cancel(reason);
    },
  );
}

declareUnbundled(gather, race);
