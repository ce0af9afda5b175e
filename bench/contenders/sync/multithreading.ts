/**
 * multithreading: its Mutex, blocking or asynchronous, and its Semaphore for `tryAcquire`, which its Mutex has not. It
 * turns functions into text, so that they import in the thread what they need; a hand-over takes its Condvar, as its
 * Semaphore gives permits back only to whom they were taken from.
 */
import { Condvar, initRuntime, move, Mutex, Semaphore, shutdown, spawn } from "multithreading";
import type { Contest, Latencies, Relay, Share } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import type { SyncSubject } from "./subject.ts";

/** Whose turn it is, in the data that the mutex guards. */
type Turn = Int32Array<SharedArrayBuffer>;

/** The value of a thread that ended well. */
async function joined<T>(handle: {
  join(): Promise<{ ok: true; value: T } | { ok: false; error: Error }>;
}): Promise<T> {
  const result = await handle.join();
  if (!result.ok) throw result.error;
  return result.value;
}

function contendBlocking(mutex: Mutex, shared: SharedArrayBuffer, contest: Contest): Promise<Share> {
  return joined(
    spawn(move(mutex, { shared, contest }), async (mutex, { shared, contest }) => {
      const { contend } = await import("../loops.ts");
      return contend(shared, contest, (times, body, between) => {
        for (let index = 0; index < times; index++) {
          const guard = mutex.blockingLock();
          body();
          guard.dispose();
          between();
        }
      });
    }),
  );
}

function contendAsync(mutex: Mutex, shared: SharedArrayBuffer, contest: Contest): Promise<Share> {
  return joined(
    spawn(move(mutex, { shared, contest }), async (mutex, { shared, contest }) => {
      const { contend } = await import("../loops.ts");
      return contend(shared, contest, async (times, body, between) => {
        for (let index = 0; index < times; index++) {
          const guard = await mutex.lock();
          body();
          guard.dispose();
          between();
        }
      });
    }),
  );
}

/** Runs one side of a relay: `side` 0 leads, 1 follows; the turn is that of the side whose number it holds. */
function relayBlocking(
  mutex: Mutex<Turn>,
  condvar: Condvar,
  shared: SharedArrayBuffer,
  relay: Relay,
  side: number,
): Promise<Latencies> {
  return joined(
    spawn(move(mutex, condvar, { shared, relay, side }), async (mutex, condvar, { shared, relay, side }) => {
      const { follow, lead } = await import("../loops.ts");
      const handOver = (): void => {
        const guard = mutex.blockingLock();
        guard.value[0] = 1 - side;
        condvar.notifyOne();
        guard.dispose();
      };
      const waitTurn = (): void => {
        const guard = mutex.blockingLock();
        while (guard.value[0] !== side) condvar.blockingWait(guard);
        guard.dispose();
      };
      return (side === 0 ? lead : follow)(shared, relay, handOver, waitTurn);
    }),
  );
}

function relayAsync(
  mutex: Mutex<Turn>,
  condvar: Condvar,
  shared: SharedArrayBuffer,
  relay: Relay,
  side: number,
): Promise<Latencies> {
  return joined(
    spawn(move(mutex, condvar, { shared, relay, side }), async (mutex, condvar, { shared, relay, side }) => {
      const { follow, lead } = await import("../loops.ts");
      const handOver = async (): Promise<void> => {
        const guard = await mutex.lock();
        guard.value[0] = 1 - side;
        condvar.notifyOne();
        guard.dispose();
      };
      const waitTurn = async (): Promise<void> => {
        const guard = await mutex.lock();
        while (guard.value[0] !== side) await condvar.wait(guard);
        guard.dispose();
      };
      return (side === 0 ? lead : follow)(shared, relay, handOver, waitTurn);
    }),
  );
}

export async function open({ workers, settings }: OpenOptions): Promise<SyncSubject> {
  initRuntime({ maxWorkers: workers });
  const isAsync = settings["way"] === "async";
  const alone = new Mutex(undefined);
  const permits = new Semaphore(1);

  const enterBlocking = (times: number): number => {
    let count = 0;
    for (let index = 0; index < times; index++) {
      const guard = alone.blockingLock();
      count++;
      guard.dispose();
    }
    return count;
  };
  const enterAsync = async (times: number): Promise<number> => {
    let count = 0;
    for (let index = 0; index < times; index++) {
      const guard = await alone.lock();
      count++;
      guard.dispose();
    }
    return count;
  };

  return {
    enter: isAsync ? enterAsync : enterBlocking,
    tryEnter: (times) => {
      let count = 0;
      for (let index = 0; index < times; index++) {
        const guard = permits.tryAcquire();
        if (guard === null) continue;
        count++;
        guard.dispose();
      }
      return count;
    },
    contend: (shared, contest) => {
      const mutex = new Mutex(undefined);
      const contendOnce = isAsync ? contendAsync : contendBlocking;
      return Promise.all(Array.from({ length: workers }, () => contendOnce(mutex, shared, contest)));
    },
    handOver: (shared, relay) => {
      const mutex = new Mutex<Turn>(new Int32Array(new SharedArrayBuffer(4)));
      const condvar = new Condvar();
      const run = isAsync ? relayAsync : relayBlocking;
      return Promise.all([run(mutex, condvar, shared, relay, 0), run(mutex, condvar, shared, relay, 1)]);
    },
    close: async () => shutdown(),
  };
}
