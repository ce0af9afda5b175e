/** What can go wrong between a call and its result, apart from what the called function throws. */

import { helpOn } from "#heap";
import { declareEverywhere } from "../portable/index.ts";

/** How a worker ended. */
export interface WorkerEnd {
  /** The worker's name, such as `pool-1-2`. */
  worker: string;
  /** The exit code of its thread, or process. */
  exitCode?: number | undefined;
  /** The signal that ended its process. */
  signal?: string | undefined;
  /** The error that ended it, when there was one. */
  cause?: unknown;
  /** Its initializer failed with that. */
  inInitializer?: true;
}

/**
 * A worker ended while it ran the task: the body may have run in part, and is not run again unless
 * `retries` asks for it. Or the executor has no
 * workers any more, as its initializer failed or they could not be started.
 */
export class BrokenExecutorError extends Error {
  override readonly name = "BrokenExecutorError";
  readonly code = "ERR_HEDDLE_BROKEN_EXECUTOR";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** The name of the task: of its function, or as given by `with({ name })`. Undefined when none was taken. */
  readonly task: string | undefined;
  /** The name of the worker. */
  readonly worker: string;
  /** The exit code of the worker, where it is known. */
  readonly exitCode: number | undefined;
  /** The signal that ended the worker, if it was a process, such as "SIGKILL". */
  readonly signal: string | undefined;

  constructor(what: { task: string; began: boolean } | { executor: string }, end: WorkerEnd) {
    const cannot =
      "executor" in what
        ? `Cannot submit to executor ${what.executor}`
        : what.began
          ? `Cannot finish task ${what.task}`
          : `Cannot begin task ${what.task}`;
    super(`${cannot}: ${describeEnd(end)}`, "cause" in end ? { cause: end.cause } : undefined);
    this.task = "task" in what ? what.task : undefined;
    this.worker = end.worker;
    this.exitCode = end.exitCode;
    this.signal = end.signal;
  }
}

/** The executor was shut down, and takes no calls; or it ended a stream that nobody read. */
export class ExecutorShutdownError extends Error {
  override readonly name = "ExecutorShutdownError";
  readonly code = "ERR_HEDDLE_EXECUTOR_SHUTDOWN";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);

  constructor(executor: string, message: string = `Cannot submit to executor ${executor}: it was shut down`) {
    super(message);
  }
}

/** As many tasks are queued as `maxQueued` allows. The task was not taken. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError";
  readonly code = "ERR_HEDDLE_QUEUE_FULL";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);

  constructor(executor: string, maxQueued: number) {
    super(`Cannot submit to executor ${executor}: ${maxQueued} tasks are queued, which is its maxQueued`);
  }
}

// Where Heddle is part of a bundle, workers have the same classes.
for (const cls of [BrokenExecutorError, ExecutorShutdownError, QueueFullError])
  declareEverywhere(cls.name, cls);

function describeEnd({ worker, exitCode, signal, cause, inInitializer }: WorkerEnd): string {
  if (inInitializer === true) return `the initializer of worker ${worker} failed with ${describe(cause)}`;
  const how = signal === undefined ? `with exit code ${exitCode}` : `by ${signal}`;
  return `worker ${worker} ended ${cause === undefined ? how : `by ${describe(cause)}`}`;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** Why calls are cancelled when their executor is shut down: those that no worker has begun, or all. */
export function shutDownReason(executor: string): DOMException {
  return new DOMException(`Executor ${executor} was shut down before this task was done`, "AbortError");
}
