/**
 * What executors publish on `node:diagnostics_channel`, for whoever subscribes.
 *
 * @packageDocumentation
 */
import { type Channel, channel } from "node:diagnostics_channel";

/** One call, in every event about it the same object: what is not known yet is `undefined`. Times are milliseconds since 1970. */
export interface TaskEvent {
  /** Different from those of all other calls of this thread. */
  readonly id: number;
  /** The name of the executor. */
  readonly executor: string;
  /** The name of the task: of its function, or as given by `with({ name })`. */
  readonly task: string;
  readonly submittedMs: number;
  /** The name of the worker that has begun it. */
  readonly worker: string | undefined;
  readonly startedMs: number | undefined;
  /** From `submittedMs` to `startedMs`. */
  readonly waitMs: number | undefined;
  readonly endedMs: number | undefined;
  /** How long its body ran; until it was given up, if it was. */
  readonly runMs: number | undefined;
  readonly outcome: "fulfilled" | "rejected" | "cancelled" | undefined;
  /** What it failed with, or was cancelled with. */
  readonly error: unknown;
}

/** A worker that has begun to look for work, or ended. */
export interface WorkerEvent {
  /** The name of the executor. */
  readonly executor: string;
  readonly worker: string;
  /** Of its thread, when it has ended. */
  readonly exitCode: number | undefined;
  /** The error that ended it, when there was one. */
  readonly cause: unknown;
  /** Whether it was let go, as by a shutdown. */
  readonly wasStopped: boolean;
}

/** Published on `heddle:task:submit` when a call was made. */
export const taskSubmit: Channel = channel("heddle:task:submit");
/** On `heddle:task:start`, at the latest some 50 ms after a worker has begun it, and before its end. */
export const taskStart: Channel = channel("heddle:task:start");
/** On `heddle:task:end` when its future has a value or an error; of a stream, when that has ended. */
export const taskEnd: Channel = channel("heddle:task:end");
/** On `heddle:task:cancel`, instead of that, when it was cancelled. */
export const taskCancel: Channel = channel("heddle:task:cancel");
/** On `heddle:worker:up` when a worker begins to look for work. */
export const workerUp: Channel = channel("heddle:worker:up");
/** On `heddle:worker:down` when it has ended. */
export const workerDown: Channel = channel("heddle:worker:down");

/** Whether anybody subscribes to what happens to calls. */
export function hasTaskSubscribers(): boolean {
  return (
    taskSubmit.hasSubscribers ||
    taskStart.hasSubscribers ||
    taskEnd.hasSubscribers ||
    taskCancel.hasSubscribers
  );
}
