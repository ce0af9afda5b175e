/** What queues and channels do their work by: loaded by the first that is made. */
export { CellCoder } from "./cells/cells.ts";
export { ChannelCore } from "./channel/channel-core.ts";
export {
  CAPACITY,
  CHANNEL_BYTES,
  closeErrorOf,
  freeChannel,
  initialiseChannel,
} from "./channel/channel-layout.ts";
export { cellAt, Receiving, reclaim, Sending } from "./channel/channel-sides.ts";
export { Lookout } from "./lookout.ts";
export { Item } from "./queue/items.ts";
export { lowestFirst, oldestFirst, youngestFirst } from "./queue/queue-forms.ts";
export { MAX_SIZE, QUEUE_BYTES } from "./queue/queue-layout.ts";
export { GetPlace, JoinPlace, PutPlace } from "./queue/queue-waits.ts";
