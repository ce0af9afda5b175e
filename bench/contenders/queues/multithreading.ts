/** multithreading: its channel, blocking or asynchronous; values go through it as JSON in shared memory. */
import { channel, initRuntime, move, shutdown, spawn } from "multithreading";
import type { Receiver, Sender } from "multithreading";
import type { Flow, Haul, Item, Latencies, Relay } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import type { QueueSubject } from "./subject.ts";

/** Enough for any capacity of the suite; its 64 KiB by default hold no 1,024 records. */
const BUFFER_BYTES = 2 ** 24;

/** The value of a thread that ended well. */
async function joined<T>(handle: {
  join(): Promise<{ ok: true; value: T } | { ok: false; error: Error }>;
}): Promise<T> {
  const result = await handle.join();
  if (!result.ok) throw result.error;
  return result.value;
}

function sending(
  sender: Sender<Item>,
  isAsync: boolean,
  shared: SharedArrayBuffer,
  haul: Haul,
): Promise<Flow> {
  if (isAsync)
    return joined(
      spawn(move(sender, { shared, haul }), async (sender, { shared, haul }) => {
        const { send } = await import("../loops.ts");
        return send(shared, haul, async (items) => {
          for (const item of items) await sender.send(item);
        });
      }),
    );
  return joined(
    spawn(move(sender, { shared, haul }), async (sender, { shared, haul }) => {
      const { send } = await import("../loops.ts");
      return send(shared, haul, (items) => {
        for (const item of items) sender.blockingSend(item);
      });
    }),
  );
}

function receiving(receiver: Receiver<Item>, isAsync: boolean, shared: SharedArrayBuffer): Promise<Flow> {
  if (isAsync)
    return joined(
      spawn(move(receiver, { shared }), async (receiver, { shared }) => {
        const { receive } = await import("../loops.ts");
        return receive(shared, async (take) => {
          for (;;) {
            const result = await receiver.recv();
            if (!result.ok) throw result.error;
            if (!take(result.value)) return;
          }
        });
      }),
    );
  return joined(
    spawn(move(receiver, { shared }), async (receiver, { shared }) => {
      const { receive } = await import("../loops.ts");
      return receive(shared, (take) => {
        for (;;) {
          const result = receiver.blockingRecv();
          if (!result.ok) throw result.error;
          if (!take(result.value)) return;
        }
      });
    }),
  );
}

/** One side of a relay: side 0 leads, 1 follows. */
function relaying(
  sender: Sender<number>,
  receiver: Receiver<number>,
  isAsync: boolean,
  shared: SharedArrayBuffer,
  relay: Relay,
  side: number,
): Promise<Latencies> {
  if (isAsync)
    return joined(
      spawn(
        move(sender, receiver, { shared, relay, side }),
        async (sender, receiver, { shared, relay, side }) => {
          const { follow, lead } = await import("../loops.ts");
          return (side === 0 ? lead : follow)(
            shared,
            relay,
            async () => void (await sender.send(1)),
            async () => void (await receiver.recv()),
          );
        },
      ),
    );
  return joined(
    spawn(
      move(sender, receiver, { shared, relay, side }),
      async (sender, receiver, { shared, relay, side }) => {
        const { follow, lead } = await import("../loops.ts");
        return (side === 0 ? lead : follow)(
          shared,
          relay,
          () => void sender.blockingSend(1),
          () => void receiver.blockingRecv(),
        );
      },
    ),
  );
}

export async function open({ settings }: OpenOptions): Promise<QueueSubject> {
  initRuntime({ maxWorkers: 2 });
  const isAsync = settings["way"] === "async";
  return {
    pass: async (times, capacity) => {
      const [sender, receiver] = channel<number>(capacity);
      let sum = 0;
      const consume = async (): Promise<void> => {
        for (let index = 0; index < times; index++) {
          const result = await receiver.recv();
          if (!result.ok) throw result.error;
          sum += result.value;
        }
      };
      const consumer = consume();
      for (let index = 0; index < times; index++) await sender.send(index);
      await consumer;
      return sum;
    },
    haul: (shared, haul) => {
      const [sender, receiver] = channel<Item>(haul.capacity, { size: BUFFER_BYTES });
      return Promise.all([sending(sender, isAsync, shared, haul), receiving(receiver, isAsync, shared)]);
    },
    handOver: (shared, relay) => {
      const [toFollower, fromLeader] = channel<number>(1);
      const [toLeader, fromFollower] = channel<number>(1);
      return Promise.all([
        relaying(toFollower, fromFollower, isAsync, shared, relay, 0),
        relaying(toLeader, fromLeader, isAsync, shared, relay, 1),
      ]);
    },
    close: async () => shutdown(),
  };
}
