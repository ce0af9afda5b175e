/** Bare `worker_threads`: one `postMessage` a task, round robin, replies matched by id. What a careful engineer writes in an hour. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { mapByChunks, numberSetting } from "./pool.ts";
import type { BenchPool, OpenOptions } from "./pool.ts";

interface Reply {
  readonly id: number;
  readonly result: unknown;
}

export async function open({ workers, settings }: OpenOptions): Promise<BenchPool> {
  const threads = Array.from(
    { length: workers },
    () => new Worker(new URL("./workers/raw.mjs", import.meta.url)),
  );
  await Promise.all(threads.map((thread) => once(thread, "online")));
  const waiting = new Map<number, (result: never) => void>();
  for (const thread of threads) {
    thread.on("message", ({ id, result }: Reply) => {
      const resolve = waiting.get(id)!;
      waiting.delete(id);
      resolve(result as never);
    });
  }

  let lastId = 0;
  let turn = 0;
  const call = <T>(method: string, value: unknown, transfer?: readonly ArrayBuffer[]): Promise<T> =>
    new Promise<T>((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      turn = turn + 1 === workers ? 0 : turn + 1;
      threads[turn]!.postMessage({ id, method, value }, transfer);
    });

  return {
    add: (a, b) => call("add", [a, b]),
    echo: (record) => call("echo", record),
    send: (buffer) => call("send", buffer),
    copy: (buffer) => call("copy", buffer),
    move: (buffer) => call("move", buffer, [buffer]),
    burn: (iterations) => call("burn", iterations),
    job: (steps, payload) => call("job", [steps, payload]),
    turn: (value) => call("turn", value),
    startTicking: (shared, everyMs, ticks) => call("startTicking", [shared, everyMs, ticks]),
    map: (name, items) =>
      mapByChunks(items, numberSetting(settings, "chunkSize"), (chunk) => call(`${name}All`, chunk)),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
