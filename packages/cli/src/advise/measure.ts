/**
 * Runs a sample in every way there is, by turns.
 *
 * @packageDocumentation
 */
import {
  cpuCount,
  type Executor,
  fromModule,
  InlineExecutor,
  ProcessPoolExecutor,
  SharedHeapError,
  ThreadPoolExecutor,
} from "heddle";
import type { Target } from "../chunk.ts";
import { oneLine, usageError } from "../errors.ts";
import type { LoadedFunction } from "../load-module.ts";
import { threadTimes, type ThreadTimes } from "../work-clock.ts";
import type { Measured, Way } from "./predict.ts";
import type { Nature } from "./probe.ts";

/** So many rounds: each way has a turn in each. */
const ROUNDS = 3;
/** One turn takes about so long, unless a single item takes longer. */
const TURN_MS = 400;
/** So many items at most in a turn. */
const MOST_ITEMS = 200_000;
/** Calls at a time on the event loop, where calls wait. */
const AT_ONCE = 100;
/** A function that waits for less than this share gains nothing on the event loop. */
const WAITS_FROM = 0.2;

/** A way, and how many workers or calls at a time. */
interface Contender extends Turn {
  readonly jobs: number;
  readonly startUpMs: number;
  readonly msPerItem: number[];
}

/** What a turn of it takes. */
interface Turn {
  readonly way: Way;
  readonly fn: Target;
  readonly executor: Executor | undefined;
  readonly items: readonly unknown[];
  /** Whether the function waits for much of its time. */
  readonly waits: boolean;
}

/** What was measured. */
export interface Measurements {
  readonly ways: readonly Measured[];
  /** Threads once more, but only one: what handing over costs, and what several gain. */
  readonly oneThread: Measured;
}

/** Measures all ways that apply. */
export async function measure(
  target: LoadedFunction,
  sample: readonly unknown[],
  nature: Nature,
  onTurn: (done: number, of: number) => void,
): Promise<Measurements> {
  await using stack = new AsyncDisposableStack();
  const jobs = cpuCount();
  const remote = fromModule<Record<string, Target>>(target.url)[target.exportName]!;
  const waits = nature.isAsync && nature.waits >= WAITS_FROM;
  const enlist = async (way: Way, count: number, executor: Executor | undefined): Promise<Contender> => {
    if (executor !== undefined) stack.use(executor);
    const fn = isElsewhere(way) ? remote : target.fn;
    const startUpMs = isElsewhere(way) ? await startUpOf(executor!, fn, sample) : 0;
    const contender = { way, jobs: count, fn, executor, waits, startUpMs, msPerItem: [] };
    // So many that none of the jobs is without work. How long they take here says how many a turn has time for.
    const few = listOf(sample, 2 * count);
    const fewMs =
      executor === undefined ? nature.msPerItem * few.length : await turn({ ...contender, items: few });
    const most = Math.min(MOST_ITEMS, Math.round((TURN_MS * few.length) / fewMs));
    return { ...contender, items: listOf(sample, Math.max(few.length, most)) };
  };
  const one = await enlist("threads", 1, new ThreadPoolExecutor({ maxWorkers: 1 }));
  const contenders = [await enlist("loop", 1, undefined), one];
  if (jobs > 1) contenders.push(await enlist("threads", jobs, new ThreadPoolExecutor({ maxWorkers: jobs })));
  const processes = processPool(jobs);
  if (processes !== undefined) contenders.push(await enlist("processes", jobs, processes));
  if (waits) {
    const executor = new InlineExecutor({ concurrencyPerWorker: AT_ONCE });
    contenders.push(await enlist("event loop", AT_ONCE, executor));
  }

  let done = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of contenders) {
      contender.msPerItem.push((await turn(contender)) / contender.items.length);
      onTurn(++done, ROUNDS * contenders.length);
    }
  }
  return { ways: jobs > 1 ? contenders.filter((each) => each !== one) : contenders, oneThread: one };
}

const isElsewhere = (way: Way): boolean => way === "threads" || way === "processes";

/** Nothing where processes cannot share memory. */
function processPool(maxWorkers: number): Executor | undefined {
  try {
    return new ProcessPoolExecutor({ maxWorkers });
  } catch (error) {
    if (error instanceof SharedHeapError) return undefined;
    throw error;
  }
}

/** Items for one turn, over and over the same if need be. */
function listOf(sample: readonly unknown[], count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, i) => sample[i % sample.length]);
}

/** How long the workers took to start and to know the function. */
async function startUpOf(executor: Executor, fn: Target, sample: readonly unknown[]): Promise<number> {
  const start = performance.now();
  await executor.broadcast(threadTimes);
  try {
    await executor.submit(fn, sample[0], 0);
  } catch (error) {
    throw usageError(`Cannot advise: the function fails in a worker: ${oneLine(error)}`);
  }
  return performance.now() - start;
}

/** One turn, in milliseconds of a machine that has its cores for it. */
async function turn({ way, executor, fn, items, waits }: Turn): Promise<number> {
  const workers = isElsewhere(way) ? executor : undefined;
  const before = await timesOf(workers);
  const start = performance.now();
  if (executor === undefined) {
    for (let i = 0; i < items.length; i++) {
      const result = fn(items[i], i);
      if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") await result;
    }
  } else await executor.map(fn, items).toArray();
  const elapsedMs = performance.now() - start;
  const after = await timesOf(workers);
  if (before === undefined || after === undefined) return elapsedMs;
  const runMs = Math.max(...after.map((times, i) => times.runMs - before[i]!.runMs));
  const delayMs = Math.max(...after.map((times, i) => times.delayMs - before[i]!.delayMs));
  // Threads that compute are as long at it as the one that has most to do; those that wait do so beside waiting for a core.
  return workers !== undefined && !waits ? runMs : elapsedMs - delayMs;
}

/** The times of this thread, and of all workers; `undefined` where the system does not say. */
async function timesOf(workers: Executor | undefined): Promise<ThreadTimes[] | undefined> {
  const all = [threadTimes(), ...((await workers?.broadcast(threadTimes)) ?? [])];
  return all.every((times) => times !== undefined) ? all : undefined;
}
