/** Queues and channels: values on their way from thread to thread. */
export { Channel, type ChannelStatistics } from "./channel.ts";
export { ChannelClosedError } from "./channel-closed-error.ts";
export { after, SelectCase } from "./select-case.ts";
export { select, type Selected, selectSync, trySelect } from "./select.ts";
export { QueueShutDownError } from "./errors.ts";
export { LifoQueue } from "./lifo-queue.ts";
export { PriorityQueue, type PriorityOptions } from "./priority-queue.ts";
export { Queue, type QueueOptions, type QueueStatistics, type QueueShutdownOptions } from "./queue.ts";
