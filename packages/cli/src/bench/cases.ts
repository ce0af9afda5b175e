/**
 * What `heddle bench` measures.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Executor, Lock, ProcessPoolExecutor, Queue, ThreadPoolExecutor } from "heddle";
import type { CaseName } from "./case-names.ts";

/** One thing to measure, made ready. */
export interface Bench extends AsyncDisposable {
  /** Does it so many times. */
  run(times: number): Promise<void> | void;
}

/** One thing that can be measured. */
export interface Case {
  /** What is done once, in the table. */
  readonly title: string;
  open(): Promise<Bench>;
}

/** Calls under way at once where many are. */
const AT_ONCE = 1000;
const MEGABYTE = 2 ** 20;

const nothing = (): void => {};
const back = (value: unknown): unknown => value;

export const CASES: Readonly<Record<CaseName, Case>> = {
  message: {
    title: "a message to a bare thread of Node and back",
    async open() {
      const code =
        'const { parentPort: p } = require("node:worker_threads"); p.on("message", (m) => p.postMessage(m));';
      const worker = new Worker(code, { eval: true });
      await once(worker, "online");
      return {
        async run(times) {
          for (let i = 0; i < times; i++) {
            const answer = once(worker, "message");
            worker.postMessage(i);
            await answer;
          }
        },
        [Symbol.asyncDispose]: async () => void (await worker.terminate()),
      };
    },
  },
  call: {
    title: "a call on a thread, one after the other",
    open: () => pool(new ThreadPoolExecutor({ maxWorkers: 1 }), oneByOne),
  },
  calls: {
    title: "a call on a thread, a thousand at once",
    open: () => pool(new ThreadPoolExecutor({ maxWorkers: 1 }), manyAtOnce),
  },
  "process-call": {
    title: "a call on a process, one after the other",
    open: () => pool(new ProcessPoolExecutor({ maxWorkers: 1 }), oneByOne),
  },
  copy: {
    title: "a megabyte to a thread and back",
    open: () =>
      pool(new ThreadPoolExecutor({ maxWorkers: 1 }), async (executor, times) => {
        const bytes = new Uint8Array(MEGABYTE);
        for (let i = 0; i < times; i++) await executor.submit(back, bytes);
      }),
  },
  lock: {
    title: "to take a lock that is free, and release it",
    open() {
      const lock = new Lock();
      return ready((times) => {
        for (let i = 0; i < times; i++) lock.acquireSync().release();
      });
    },
  },
  queue: {
    title: "to put an item into a queue, and get it",
    open() {
      const queue = new Queue<number>();
      return ready((times) => {
        for (let i = 0; i < times; i++) {
          queue.tryPut(i);
          queue.tryGet();
        }
      });
    },
  },
  start: {
    title: "to start a thread pool, and stop it",
    open: () =>
      ready(async (times) => {
        for (let i = 0; i < times; i++) {
          await using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
          await executor.submit(nothing);
        }
      }),
  },
  "start-process": {
    title: "to start a process pool, and stop it",
    open: () =>
      ready(async (times) => {
        for (let i = 0; i < times; i++) {
          await using executor = new ProcessPoolExecutor({ maxWorkers: 1 });
          await executor.submit(nothing);
        }
      }),
  },
};

async function oneByOne(executor: Executor, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await executor.submit(nothing);
}

async function manyAtOnce(executor: Executor, times: number): Promise<void> {
  for (let left = times; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => executor.submit(nothing)));
  }
}

async function pool(
  executor: Executor,
  run: (executor: Executor, times: number) => Promise<void>,
): Promise<Bench> {
  await executor.submit(nothing);
  return {
    run: (times) => run(executor, times),
    [Symbol.asyncDispose]: () => executor.shutdown(),
  };
}

function ready(run: Bench["run"]): Promise<Bench> {
  return Promise.resolve({ run, [Symbol.asyncDispose]: () => Promise.resolve() });
}
