/**
 * Queues between threads.
 *
 * @packageDocumentation
 */
export {
  LifoQueue,
  type PriorityOptions,
  PriorityQueue,
  Queue,
  type QueueOptions,
  QueueShutDownError,
  type QueueStatistics,
  type QueueShutdownOptions,
} from "./queues/index.ts";
