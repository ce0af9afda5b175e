/** Heddle: a Channel and a Queue, waited for by blocking and asynchronously. */
import { ThreadPoolExecutor } from "heddle/futures";
import { Channel, Queue } from "heddle/queues";
import type { Haul, Item, Relay } from "../loops.ts";
import { follow, lead, receive, send } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import type { QueueSubject } from "./subject.ts";

const inChannel = (channel: Channel<Item>, shared: SharedArrayBuffer, haul: Haul) =>
  send(shared, haul, (items) => {
    for (const item of items) channel.sendSync(item);
  });
const outOfChannel = (channel: Channel<Item>, shared: SharedArrayBuffer) =>
  receive(shared, (take) => {
    while (take(channel.receiveSync()));
  });

const inChannelAsync = (channel: Channel<Item>, shared: SharedArrayBuffer, haul: Haul) =>
  send(shared, haul, async (items) => {
    for (const item of items) await channel.send(item);
  });
const outOfChannelAsync = (channel: Channel<Item>, shared: SharedArrayBuffer) =>
  receive(shared, async (take) => {
    while (take(await channel.receive()));
  });

const inQueue = (queue: Queue<Item>, shared: SharedArrayBuffer, haul: Haul) =>
  send(shared, haul, (items) => {
    for (const item of items) queue.putSync(item);
  });
const outOfQueue = (queue: Queue<Item>, shared: SharedArrayBuffer) =>
  receive(shared, (take) => {
    while (take(queue.getSync()));
  });

/** A side of a relay: sends to the other through `theirs`, waits on `mine`. */
const relayByChannel = (
  side: typeof lead,
  theirs: Channel<number>,
  mine: Channel<number>,
  shared: SharedArrayBuffer,
  relay: Relay,
) =>
  side(
    shared,
    relay,
    () => theirs.sendSync(1),
    () => void mine.receiveSync(),
  );
const relayByChannelAsync = (
  side: typeof lead,
  theirs: Channel<number>,
  mine: Channel<number>,
  shared: SharedArrayBuffer,
  relay: Relay,
) =>
  side(
    shared,
    relay,
    () => theirs.send(1),
    async () => void (await mine.receive()),
  );
const relayByQueue = (
  side: typeof lead,
  theirs: Queue<number>,
  mine: Queue<number>,
  shared: SharedArrayBuffer,
  relay: Relay,
) =>
  side(
    shared,
    relay,
    () => theirs.putSync(1),
    () => void mine.getSync(),
  );

/** Within one thread: one task in, another out. */
async function passThroughChannel(times: number, capacity: number): Promise<number> {
  const channel = new Channel<number>(capacity);
  let sum = 0;
  const consume = async (): Promise<void> => {
    for (let index = 0; index < times; index++) sum += await channel.receive();
  };
  const consumer = consume();
  for (let index = 0; index < times; index++) await channel.send(index);
  await consumer;
  return sum;
}
async function passThroughQueue(times: number, capacity: number): Promise<number> {
  const queue = new Queue<number>({ maxSize: capacity });
  let sum = 0;
  const consume = async (): Promise<void> => {
    for (let index = 0; index < times; index++) sum += await queue.get();
  };
  const consumer = consume();
  for (let index = 0; index < times; index++) await queue.put(index);
  await consumer;
  return sum;
}

/** Fills the channel, empties it, and so on. */
function tryThroughChannel(times: number, capacity: number): number {
  const channel = new Channel<number>(capacity);
  let sum = 0;
  for (let index = 0; index < times;) {
    while (index < times && channel.trySend(index)) index++;
    for (let got = channel.tryReceive(); got !== undefined; got = channel.tryReceive()) sum += got.value;
  }
  return sum;
}
function tryThroughQueue(times: number, capacity: number): number {
  const queue = new Queue<number>({ maxSize: capacity });
  let sum = 0;
  for (let index = 0; index < times;) {
    while (index < times && queue.tryPut(index)) index++;
    for (let got = queue.tryGet(); got !== undefined; got = queue.tryGet()) sum += got.value;
  }
  return sum;
}

export async function open({ workers, settings }: OpenOptions): Promise<QueueSubject> {
  const way = String(settings["way"]);
  if (workers === 1)
    return {
      pass: way === "queue" ? passThroughQueue : passThroughChannel,
      tryPass: way === "queue" ? tryThroughQueue : tryThroughChannel,
      close: async () => {},
    };

  // Each end has a thread of its own from the warm-up on, as with all contenders: a pool of two would let them change places.
  const one = { minWorkers: 1, maxWorkers: 1 };
  const [first, second] = [new ThreadPoolExecutor(one), new ThreadPoolExecutor(one)];
  return {
    haul: (shared, haul) => {
      if (way === "queue") {
        const queue = new Queue<Item>({ maxSize: haul.capacity });
        return Promise.all([
          first.submit(inQueue, queue, shared, haul),
          second.submit(outOfQueue, queue, shared),
        ]);
      }
      const channel = new Channel<Item>(way === "rendezvous" ? 0 : haul.capacity);
      return Promise.all(
        way === "async"
          ? [
              first.submit(inChannelAsync, channel, shared, haul),
              second.submit(outOfChannelAsync, channel, shared),
            ]
          : [first.submit(inChannel, channel, shared, haul), second.submit(outOfChannel, channel, shared)],
      );
    },
    handOver: (shared, relay) => {
      if (way === "queue") {
        const there = new Queue<number>();
        const back = new Queue<number>();
        return Promise.all([
          first.submit(relayByQueue, lead, there, back, shared, relay),
          second.submit(relayByQueue, follow, back, there, shared, relay),
        ]);
      }
      const capacity = way === "rendezvous" ? 0 : 1;
      const there = new Channel<number>(capacity);
      const back = new Channel<number>(capacity);
      const run = way === "async" ? relayByChannelAsync : relayByChannel;
      return Promise.all([
        first.submit(run, lead, there, back, shared, relay),
        second.submit(run, follow, back, there, shared, relay),
      ]);
    },
    close: async () => {
      await Promise.all([first.shutdown(), second.shutdown()]);
    },
  };
}
