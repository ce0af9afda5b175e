/**
 * Queues between threads, channels through which values pass, and choosing among channels.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export {
  after,
  Channel,
  ChannelClosedError,
  type ChannelStatistics,
  select,
  SelectCase,
  type Selected,
  selectSync,
  trySelect,
  LifoQueue,
  type PriorityOptions,
  PriorityQueue,
  Queue,
  type QueueOptions,
  QueueShutDownError,
  type QueueStatistics,
  type QueueShutdownOptions,
} from "./queues/index.ts";
export { NotLoadedError } from "./wire/index.ts";
