/**
 * The floor of a map: threads that look for the next numbers in shared memory, and say no more than the sum of all results. What so
 * many threads of this machine can do at all: no results, functions, errors or order.
 */
import { BareThreads } from "./bare-threads.ts";
import { type BenchPool, CannotError, type MapName, type OpenOptions } from "./pool.ts";

/** What each thread is told. */
export interface MapOrder {
  readonly name: MapName;
  /** Whole numbers, as they come to the workers of pools. */
  readonly items: Int32Array<SharedArrayBuffer>;
  /** One word: how many items were taken. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

export async function open({ workers }: OpenOptions): Promise<BenchPool> {
  const threads = await BareThreads.start(new URL("./bare-map-thread.ts", import.meta.url), workers);
  const cannot = (): never => {
    throw new CannotError("bare threads know the sums of maps");
  };
  return {
    add: cannot,
    echo: cannot,
    send: cannot,
    copy: cannot,
    move: cannot,
    burn: cannot,
    job: cannot,
    turn: cannot,
    startTicking: cannot,
    map: cannot,
    sumOfMap: async (name, items) => {
      const order: MapOrder = {
        name,
        items: new Int32Array(new SharedArrayBuffer(4 * items.length)),
        taken: new Int32Array(new SharedArrayBuffer(4)),
      };
      order.items.set(items);
      const sums = Array.from({ length: workers }, (_, index) => threads.call<number>(index, "sum", [order]));
      return (await Promise.all(sums)).reduce((sum, part) => sum + part, 0);
    },
    close: () => threads.close(),
  };
}
