/** A thread of the bare contenders. */
import { receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type { SampleRecord } from "../../work.ts";
import { serveCalls } from "../bare-threads.ts";
import { readRecord, writeRecord } from "../bare-ring/record.ts";
import { follow, lead, receive, send } from "../loops.ts";
import type { Haul, Item, Latencies, Relay } from "../loops.ts";
import { Ring, SIDE_BYTES } from "./ring.ts";
import { SharedRing } from "./shared-ring.ts";

interface Call<Order> {
  readonly port: MessagePort;
  /** Memory of the two threads, for whatever the way needs. */
  readonly side: SharedArrayBuffer;
  readonly shared: SharedArrayBuffer;
  readonly order: Order;
}

/** Words of `side`, each in a cache line of its own: messages sent, messages received. */
const SENT = 0;
const RECEIVED = 16;

/** The receiver tells the sender of so many messages at once. */
const TELL_EVERY = 32;

/** Sends each item as a message, unless too many are under way: then waits for the receiver. */
function sendOnPort(port: MessagePort, side: SharedArrayBuffer, capacity: number, isPolled: boolean) {
  const words = new Int32Array(side);
  let sent = 0;
  return (items: readonly Item[]): void => {
    for (const item of items) port.postMessage(item);
    sent += items.length;
    if (isPolled) {
      Atomics.store(words, SENT, sent);
      Atomics.notify(words, SENT);
    }
    for (
      let seen = Atomics.load(words, RECEIVED);
      sent - seen > capacity;
      seen = Atomics.load(words, RECEIVED)
    )
      Atomics.wait(words, RECEIVED, seen);
  };
}

/** Counts what was received, for the sender. */
function tellSender(side: SharedArrayBuffer): () => void {
  const words = new Int32Array(side);
  let received = 0;
  return () => {
    if (++received % TELL_EVERY !== 0) return;
    Atomics.store(words, RECEIVED, received);
    Atomics.notify(words, RECEIVED);
  };
}

function drainByEvents(port: MessagePort, side: SharedArrayBuffer) {
  const tell = tellSender(side);
  return (take: (item: Item) => boolean): Promise<void> =>
    new Promise((resolve) => {
      port.on("message", (item: Item) => {
        tell();
        if (!take(item)) resolve();
      });
    });
}

function drainByPolling(port: MessagePort, side: SharedArrayBuffer) {
  const words = new Int32Array(side);
  const tell = tellSender(side);
  return (take: (item: Item) => boolean): void => {
    for (;;) {
      const sent = Atomics.load(words, SENT);
      let message = receiveMessageOnPort(port);
      if (message === undefined) Atomics.wait(words, SENT, sent);
      for (; message !== undefined; message = receiveMessageOnPort(port)) {
        tell();
        if (!take(message.message as Item)) return;
      }
    }
  };
}

/** Runs, and closes both ends of the port: done by the side that has the last word. */
async function closing<T>(port: MessagePort, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } finally {
    port.close();
  }
}

async function handOverByEvents(side: typeof lead, { port, shared, order }: Call<Relay>): Promise<Latencies> {
  let arrived = 0;
  let wake: (() => void) | undefined;
  port.on("message", () => {
    arrived++;
    wake?.();
  });
  const waitTurn = async (): Promise<void> => {
    if (arrived === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    arrived--;
  };
  return side(shared, order, () => port.postMessage(1), waitTurn);
}

/** By polling: each side is woken through a word of its own. */
function handOverByPolling(
  run: typeof lead,
  own: number,
  { port, side, shared, order }: Call<Relay>,
): Promise<Latencies> {
  const words = new Int32Array(side);
  const other = own === SENT ? RECEIVED : SENT;
  const handOver = (): void => {
    port.postMessage(1);
    Atomics.add(words, other, 1);
    Atomics.notify(words, other);
  };
  const waitTurn = (): void => {
    for (;;) {
      const seen = Atomics.load(words, own);
      if (receiveMessageOnPort(port) !== undefined) return;
      Atomics.wait(words, own, seen);
    }
  };
  return run(shared, order, handOver, waitTurn);
}

/** The wake-ups alone, a number in the word that wakes. */
function handOverByWords(
  run: typeof lead,
  own: number,
  { side, shared, order }: Call<Relay>,
): Promise<Latencies> {
  const words = new Int32Array(side);
  const other = own === SENT ? RECEIVED : SENT;
  const handOver = (): void => {
    Atomics.store(words, other, 1);
    Atomics.notify(words, other, 1);
  };
  const waitTurn = (): void => {
    while (Atomics.exchange(words, own, 0) === 0) Atomics.wait(words, own, 0);
  };
  return run(shared, order, handOver, waitTurn);
}

/** The memory for records, behind that of the ring. */
const recordsIn = (side: SharedArrayBuffer): Buffer => Buffer.from(side, SIDE_BYTES);

serveCalls({
  "events:send": ({ port, side, shared, order }: Call<Haul>) =>
    send(shared, order, sendOnPort(port, side, order.capacity, false)),
  "events:receive": ({ port, side, shared }: Call<Haul>) =>
    closing(port, receive(shared, drainByEvents(port, side))),
  "events:lead": (call: Call<Relay>) => handOverByEvents(lead, call),
  "events:follow": (call: Call<Relay>) => closing(call.port, handOverByEvents(follow, call)),

  "polling:send": ({ port, side, shared, order }: Call<Haul>) =>
    send(shared, order, sendOnPort(port, side, order.capacity, true)),
  "polling:receive": ({ port, side, shared }: Call<Haul>) =>
    closing(port, receive(shared, drainByPolling(port, side))),
  "polling:lead": (call: Call<Relay>) => handOverByPolling(lead, SENT, call),
  "polling:follow": (call: Call<Relay>) => closing(call.port, handOverByPolling(follow, RECEIVED, call)),

  "words:send": ({ side, shared, order }: Call<Haul>) => {
    const ring = new Ring(side, order.capacity);
    return send(shared, order, (items) => {
      for (const item of items) ring.send(item as number);
    });
  },
  "words:receive": ({ port, side, shared, order }: Call<Haul>) => {
    const ring = new Ring(side, order.capacity);
    return closing(
      port,
      receive(shared, (take) => {
        while (take(ring.receive()));
      }),
    );
  },
  "ends:send": ({ side, shared, order }: Call<Haul>) => {
    const ring = new SharedRing(side, order.capacity);
    return send(shared, order, (items) => {
      for (const item of items) ring.send(item as number);
    });
  },
  "ends:receive": ({ port, side, shared, order }: Call<Haul>) => {
    const ring = new SharedRing(side, order.capacity);
    return closing(
      port,
      receive(shared, (take) => {
        while (take(ring.receive()));
      }),
    );
  },
  "codec:send": ({ side, shared, order }: Call<Haul>) => {
    const ring = new Ring(side, order.capacity);
    const records = recordsIn(side);
    return send(shared, order, (items) => {
      for (const item of items) {
        writeRecord(records, ring.awaitRoom(), item as SampleRecord);
        ring.sent();
      }
    });
  },
  "codec:receive": ({ port, side, shared, order }: Call<Haul>) => {
    const ring = new Ring(side, order.capacity);
    const records = recordsIn(side);
    const next = (): SampleRecord => {
      const record = readRecord(records, ring.awaitItem());
      ring.received();
      return record;
    };
    return closing(
      port,
      receive(shared, (take) => {
        while (take(next()));
      }),
    );
  },

  "words:lead": (call: Call<Relay>) => handOverByWords(lead, SENT, call),
  "words:follow": (call: Call<Relay>) => closing(call.port, handOverByWords(follow, RECEIVED, call)),
});
