/** workerpool: threads, all started, a dedicated worker file. It runs one task a worker at a time; nothing raises that. */
import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { mapByChunks, mapOneByOne } from "./pool.ts";
import type { BenchPool, OpenOptions } from "./pool.ts";

const script = fileURLToPath(new URL("./workers/workerpool.mjs", import.meta.url));

export async function open({ workers, settings }: OpenOptions): Promise<BenchPool> {
  const pool = workerpool.pool(script, {
    workerType: settings["processes"] === true ? "process" : "thread",
    minWorkers: workers,
    maxWorkers: workers,
  });
  const chunkSize = settings["chunkSize"];
  // Its own promise class: it lacks only the names that TypeScript asks of a Promise.
  const call = (method: string, values: unknown[], transfer?: object[]): Promise<never> =>
    pool.exec(
      method,
      values,
      transfer === undefined ? undefined : { transfer },
    ) as Promise<unknown> as Promise<never>;

  return {
    add: (a, b) => call("add", [a, b]),
    echo: (record) => call("echo", [record]),
    send: (buffer) => call("send", [buffer]),
    copy: (buffer) => call("copy", [buffer]),
    move: (buffer) => call("move", [buffer], [buffer]),
    burn: (iterations) => call("burn", [iterations]),
    job: (steps, payload) => call("job", [steps, payload]),
    turn: (value) => call("turn", [value]),
    startTicking: (shared, everyMs, ticks) => call("startTicking", [shared, everyMs, ticks]),
    map: (name, items) =>
      typeof chunkSize === "number"
        ? mapByChunks(items, chunkSize, (chunk) => call(`${name}All`, [chunk]))
        : mapOneByOne(items, (item) => call(name, [item])),
    close: async () => {
      await pool.terminate(true);
    },
  };
}
