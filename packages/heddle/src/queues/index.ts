/** Queues and channels: values on their way from thread to thread. */
export { Channel, type ChannelStatistics } from "./channel/channel.ts";
export { ChannelClosedError } from "./channel/channel-closed-error.ts";
export { after, SelectCase } from "./select/select-case.ts";
export { select, type Selected, selectSync, trySelect } from "./select/select.ts";
export { QueueShutDownError } from "./errors.ts";
export { LifoQueue } from "./queue/lifo-queue.ts";
export { PriorityQueue, type PriorityOptions } from "./queue/priority-queue.ts";
export { Queue, type QueueOptions, type QueueStatistics, type QueueShutdownOptions } from "./queue/queue.ts";
