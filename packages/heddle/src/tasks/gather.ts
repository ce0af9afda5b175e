/**
 * Several things at once, in one line.
 *
 * @packageDocumentation
 */
import { Future, markObserved } from "../futures/index.ts";
import { currentContext, leavable, unheard } from "../scopes/index.ts";
import { abortError } from "./errors.ts";
import { runAll, taskGroup } from "./task-group.ts";

/** What {@link gather} and {@link race} take: a function, which becomes a task; or a future or promise, which is awaited. */
export type Job = (() => unknown) | PromiseLike<unknown>;

/** What a job gives. */
export type Outcome<J> = J extends () => infer R ? Awaited<R> : Awaited<J>;

/** What several give, in their order. */
export type Outcomes<J extends readonly Job[]> = { -readonly [K in keyof J]: Outcome<J[K]> };

/**
 * Runs functions at once, and waits for futures and promises: gives all their results, in order.
 *
 * A failure cancels the functions that still run, and is thrown when they have ended, as from {@link taskGroup}. Futures
 * are left alone then; when the whole is cancelled from outside, they are cancelled as well.
 *
 * @param jobs - One by one, or one array of them.
 *
 * @example
 * ```ts
 * import { gather, toThread } from "heddle";
 *
 * const [one, two] = await gather(async () => 1, toThread(() => "two"));
 * [one, two]; // => [1, "two"]
 * ```
 */
export function gather<const J extends readonly Job[]>(...jobs: J): Promise<Outcomes<J>>;
export function gather<const J extends readonly Job[]>(jobs: J): Promise<Outcomes<J>>;
export function gather(...given: Given): Promise<unknown> {
  try {
    const bodies = jobsOf(given).map((job) => bodyOf(job, "gather"));
    return runAll(bodies, gather);
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
export function race<const J extends readonly Job[]>(...jobs: J): Promise<Outcome<J[number]>>;
export function race<const J extends readonly Job[]>(jobs: J): Promise<Outcome<J[number]>>;
export function race(...given: Given): Promise<unknown> {
  return unheard(firstOf(jobsOf(given)));
}

type Given = readonly Job[] | readonly [readonly Job[]];

function jobsOf(given: Given): readonly Job[] {
  const [first] = given;
  return given.length === 1 && Array.isArray(first) ? first : (given as readonly Job[]);
}

async function firstOf(jobs: readonly Job[]): Promise<unknown> {
  if (jobs.length === 0) throw new TypeError("Cannot race: there is nothing to run");
  const bodies = jobs.map((job) => bodyOf(job, "race"));
  return await taskGroup(async (group) => {
    try {
      return await Promise.race(bodies.map((body) => group.spawn(body)));
    } finally {
      group.cancel(abortError("Another was first"));
    }
  });
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
