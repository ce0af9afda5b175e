/** async-mutex: within one thread only, and always through a promise. */
import { Mutex, tryAcquire } from "async-mutex";
import type { OpenOptions } from "../pool.ts";
import type { SyncSubject } from "./subject.ts";

export async function open({ settings }: OpenOptions): Promise<SyncSubject> {
  const mutex = new Mutex();
  const trying = tryAcquire(mutex);
  let count = 0;
  const add = (): void => {
    count++;
  };

  const byAcquire = async (lock: Pick<Mutex, "acquire">, times: number): Promise<number> => {
    count = 0;
    for (let index = 0; index < times; index++) {
      const release = await lock.acquire();
      count++;
      release();
    }
    return count;
  };
  const byRun = async (times: number): Promise<number> => {
    count = 0;
    for (let index = 0; index < times; index++) await mutex.runExclusive(add);
    return count;
  };

  return {
    enter: settings["way"] === "run" ? byRun : (times) => byAcquire(mutex, times),
    tryEnter: (times) => byAcquire(trying, times),
    close: async () => {},
  };
}
