/** Queues: values on their way from thread to thread. */
export { QueueShutDownError } from "./errors.ts";
export { LifoQueue } from "./lifo-queue.ts";
export { PriorityQueue, type PriorityOptions } from "./priority-queue.ts";
export { Queue, type QueueOptions, type QueueStatistics, type QueueShutdownOptions } from "./queue.ts";
