import type { ResourceLimits } from "node:worker_threads";
import { cpuCount } from "../../workers/index.ts";
import { MAX_WORKERS } from "../board/board.ts";
import type { TaskOutput } from "../worker/task-output.ts";
import { checkDuration, checkInteger, checkKnown, checkObject } from "../checks.ts";

/** How a pool is made. */
export interface PoolOptions {
  /** At most so many workers; by default as many as there are processors, held to the limit of the container. */
  maxWorkers?: number;
  /**
   * So many are started at once and kept, the others come when there is work for them. More than are needed are warm spares. 0 by
   * default. After four ends in a row of idle workers, and no new call, they are not replaced before there is one.
   */
  minWorkers?: number;
  /** Names the pool and its workers in errors. */
  name?: string;
  /** Runs in every worker before its first call. If it fails, so does every call, with `BrokenExecutorError`. */
  initializer?: () => unknown;
  /** So many calls may wait for a worker; one more throws `QueueFullError`, and `ready()` waits for room. No limit by default. */
  maxQueued?: number;
  /** How many asynchronous calls may be under way in one worker at once. 1 by default. */
  concurrencyPerWorker?: number;
  /**
   * A worker that has begun so many calls finishes them, and leaves for another. What it alone can run by then (broadcasts,
   * and calls that move something and were given to it) it still runs. Several items of a map are one call. No limit by default.
   */
  maxTasksPerWorker?: number;
  /**
   * A worker that holds more memory than this after a call does the same: in objects and in buffers, those included that
   * wait to be collected. Reading that takes about 2 µs a call. No limit by default.
   */
  maxMemoryPerWorkerBytes?: number;
  /**
   * Workers that have been idle for so long leave, down to `minWorkers`; in milliseconds, and after twice that at the
   * latest. Others are started when there is work for them. By default they stay.
   */
  idleTimeoutMs?: number;
  /**
   * Whether `statistics()` says how long calls wait and run, by the name of their function. Measuring takes about 1 µs a
   * call. False by default.
   */
  measure?: boolean;
  /**
   * Called with what tasks print, instead of its being printed: which task wrote it, in which worker. It may come a little after
   * the task has ended, but before the error of one whose worker died. For a task it takes about 2 µs, whether or not it prints.
   */
  onOutput?: (output: TaskOutput) => void;
  /** Limits on the memory of each worker, as Node's `Worker` takes them. */
  resourceLimits?: ResourceLimits;
}

const KNOWN = [
  "maxWorkers",
  "minWorkers",
  "name",
  "initializer",
  "maxQueued",
  "concurrencyPerWorker",
  "maxTasksPerWorker",
  "maxMemoryPerWorkerBytes",
  "idleTimeoutMs",
  "measure",
  "onOutput",
  "resourceLimits",
];

/** The options, checked and complete but for the name. */
export interface CheckedPoolOptions {
  maxWorkers: number;
  minWorkers: number;
  initializer: (() => unknown) | undefined;
  maxQueued: number;
  concurrency: number;
  maxTasks: number;
  maxMemoryBytes: number;
  idleTimeoutMs: number;
  measure: boolean;
  onOutput: ((output: TaskOutput) => void) | undefined;
  resourceLimits: ResourceLimits | undefined;
}

/** Throws `TypeError` or `RangeError`, naming the option, if one is not what it should be. */
export function checkPoolOptions(options: PoolOptions, known: readonly string[] = KNOWN): CheckedPoolOptions {
  checkObject(options, "the options of a pool");
  checkKnown(options, known, "a pool");
  const { maxWorkers = Math.min(cpuCount(), MAX_WORKERS), initializer, resourceLimits, name } = options;
  const { onOutput } = options;
  const {
    minWorkers = 0,
    maxQueued = Infinity,
    concurrencyPerWorker = 1,
    idleTimeoutMs = Infinity,
    measure = false,
  } = options;
  checkInteger("maxWorkers", maxWorkers, 1, MAX_WORKERS);
  checkInteger("minWorkers", minWorkers, 0, maxWorkers);
  if (maxQueued !== Infinity) checkInteger("maxQueued", maxQueued, 0, Number.MAX_SAFE_INTEGER);
  if (concurrencyPerWorker !== Infinity)
    checkInteger("concurrencyPerWorker", concurrencyPerWorker, 1, 2 ** 31);
  const { maxTasksPerWorker = Infinity, maxMemoryPerWorkerBytes = Infinity } = options;
  if (maxTasksPerWorker !== Infinity)
    checkInteger("maxTasksPerWorker", maxTasksPerWorker, 1, Number.MAX_SAFE_INTEGER);
  if (maxMemoryPerWorkerBytes !== Infinity)
    checkInteger("maxMemoryPerWorkerBytes", maxMemoryPerWorkerBytes, 1, Number.MAX_SAFE_INTEGER);
  checkDuration("idleTimeoutMs", idleTimeoutMs, true);
  if (initializer !== undefined && typeof initializer !== "function") {
    throw new TypeError(`Cannot make a pool: initializer is ${typeof initializer}, not a function`);
  }
  if (onOutput !== undefined && typeof onOutput !== "function") {
    throw new TypeError(`Cannot make a pool: onOutput is ${typeof onOutput}, not a function`);
  }
  if (typeof measure !== "boolean")
    throw new TypeError("Cannot take the option measure: it is not a boolean");
  if (resourceLimits !== undefined) checkLimits(resourceLimits);
  if (name !== undefined && typeof name !== "string")
    throw new TypeError("Cannot make a pool: name is not a string");
  return {
    maxWorkers,
    minWorkers,
    initializer,
    maxQueued,
    concurrency: concurrencyPerWorker,
    maxTasks: maxTasksPerWorker,
    maxMemoryBytes: maxMemoryPerWorkerBytes,
    idleTimeoutMs,
    measure,
    onOutput,
    resourceLimits,
  };
}

const LIMITS = ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"];

/** Node passes over what is no number. */
function checkLimits(limits: ResourceLimits): void {
  checkObject(limits, "the option resourceLimits");
  checkKnown(limits, LIMITS, "resourceLimits");
  for (const [name, value] of Object.entries(limits as Record<string, unknown>)) {
    if (value === undefined || (typeof value === "number" && value > 0)) continue;
    const found = typeof value === "number" ? value : typeof value;
    const wrong = `Cannot take the option resourceLimits: its ${name} is ${found}, not a number above 0`;
    throw typeof value === "number" ? new RangeError(wrong) : new TypeError(wrong);
  }
}
