/**
 * What Node itself gives: a `MessagePort` between the two threads, read by events or by `receiveMessageOnPort`; a ring of
 * integers on bare `Atomics`, for one sender and one receiver; the same with a codec for one kind of record, written by hand; and a
 * hand-over by `Atomics.wait` and `notify` alone.
 *
 * A port has no bound: its sender counts with the receiver, and stops when too many messages are under way, as any program
 * that sends for long has to.
 */
import { MessageChannel } from "node:worker_threads";
import { RECORD_BYTES } from "../bare-ring/layout.ts";
import { BareThreads } from "../bare-threads.ts";
import type { Flow, Haul, Latencies, Relay } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import { SIDE_BYTES } from "./ring.ts";
import { SHARED_SIDE_BYTES } from "./shared-ring.ts";
import type { QueueSubject } from "./subject.ts";

export async function open({ settings }: OpenOptions): Promise<QueueSubject> {
  const threads = await BareThreads.start(new URL("./bare-thread.ts", import.meta.url), 2);
  const way = String(settings["way"]);

  /** Calls one function on each thread, each with its end of a port. */
  const both = <T>(
    first: string,
    second: string,
    shared: SharedArrayBuffer,
    order: Haul | Relay,
    records = 0,
  ) => {
    const { port1, port2 } = new MessageChannel();
    const bytes = way === "ends" ? SHARED_SIDE_BYTES : SIDE_BYTES + records * RECORD_BYTES;
    const side = new SharedArrayBuffer(bytes);
    return Promise.all([
      threads.call<T>(0, `${way}:${first}`, [{ port: port1, side, shared, order }], [port1]),
      threads.call<T>(1, `${way}:${second}`, [{ port: port2, side, shared, order }], [port2]),
    ]);
  };

  return {
    haul: (shared: SharedArrayBuffer, haul: Haul) =>
      both<Flow>("send", "receive", shared, haul, way === "codec" ? haul.capacity : 0),
    handOver: (shared: SharedArrayBuffer, relay: Relay) => both<Latencies>("lead", "follow", shared, relay),
    close: () => threads.close(),
  };
}
