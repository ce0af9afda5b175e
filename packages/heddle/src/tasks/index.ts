/** Structured concurrency. */
export { moveOnAfter, shield, withTimeout } from "./deadlines.ts";
export { TaskGroupStateError, TaskStateError } from "./errors.ts";
export { gather, type Job, type Outcome, type Outcomes, race } from "./gather.ts";
export { RateLimit, type RateLimitOptions } from "./rate-limit.ts";
export { retry, type RetryOptions } from "./retry.ts";
export { run, type RunOptions } from "./run.ts";
export { SingleFlight } from "./single-flight.ts";
export { checkpoint, sleep } from "./sleep.ts";
export { type SpawnOptions, TaskGroup, taskGroup, type TaskGroupOptions } from "./task-group.ts";
export { currentTask, printTasksOn, type TaskInfo, tasks, taskTree } from "./task-info.ts";
export { timeoutSignal } from "./timeout-signal.ts";
