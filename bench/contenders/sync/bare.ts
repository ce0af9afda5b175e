/**
 * Bare `Atomics`: the two that no lock can avoid, a three-state mutex as Drepper draws it, and wake-ups by `Atomics.wait` and
 * `notify`. What a careful engineer writes in a day; none of it can time out, be aborted or be waited for asynchronously.
 */
import { BareThreads } from "../bare-threads.ts";
import type { Contest, Latencies, Relay, Share } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import type { SyncSubject } from "./subject.ts";

const words = new Int32Array(new SharedArrayBuffer(64));

/** The floor of the uncontended cases. */
function enter(times: number): number {
  let count = 0;
  for (let index = 0; index < times; index++) {
    if (Atomics.compareExchange(words, 0, 0, 1) === 0) count++;
    Atomics.exchange(words, 0, 0);
  }
  return count;
}

export async function open({ workers, settings }: OpenOptions): Promise<SyncSubject> {
  if (workers === 1) return { enter, tryEnter: enter, close: async () => {} };

  const threads = await BareThreads.start(new URL("./bare-thread.ts", import.meta.url), workers);
  const way = settings["way"] === "async" ? "Async" : "";
  return {
    contend: (shared: SharedArrayBuffer, contest: Contest) => {
      const lock = new SharedArrayBuffer(64);
      return Promise.all(
        Array.from({ length: workers }, (_, index) =>
          threads.call<Share>(index, "contend", [lock, shared, contest]),
        ),
      );
    },
    handOver: (shared: SharedArrayBuffer, relay: Relay) => {
      const turns = new SharedArrayBuffer(256);
      return Promise.all([
        threads.call<Latencies>(0, `lead${way}`, [turns, shared, relay]),
        threads.call<Latencies>(1, `follow${way}`, [turns, shared, relay]),
      ]);
    },
    close: () => threads.close(),
  };
}
