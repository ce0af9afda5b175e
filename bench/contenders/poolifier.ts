/** poolifier: a fixed pool without events, workers taken in turn; with its tasks queue, or posting every task at once. */
import { fileURLToPath } from "node:url";
import { FixedThreadPool, WorkerChoiceStrategies } from "poolifier";
import { mapByChunks, mapOneByOne, numberSetting } from "./pool.ts";
import type { BenchPool, OpenOptions } from "./pool.ts";

const script = fileURLToPath(new URL("./workers/poolifier.mjs", import.meta.url));

export async function open({ workers, settings }: OpenOptions): Promise<BenchPool> {
  const pool = new FixedThreadPool<unknown, never>(workers, script, {
    enableEvents: false,
    workerChoiceStrategy: WorkerChoiceStrategies.ROUND_ROBIN,
    ...(settings["queue"] === true && {
      enableTasksQueue: true,
      tasksQueueOptions: {
        concurrency: numberSetting(settings, "tasksPerWorker"),
        size: 1_000_000,
        taskStealing: false,
        tasksStealingOnBackPressure: false,
      },
    }),
  });
  const chunkSize = settings["chunkSize"];
  // Its workers do not always keep the program alive while tasks, or their end, are awaited.
  const keepAlive = setInterval(() => {}, 2 ** 30);

  return {
    add: (a, b) => pool.execute([a, b], "add"),
    echo: (record) => pool.execute(record, "echo"),
    send: (buffer) => pool.execute(buffer, "send"),
    copy: (buffer) => pool.execute(buffer, "copy"),
    move: (buffer) => pool.execute(buffer, "move", undefined, [buffer]),
    burn: (iterations) => pool.execute(iterations, "burn"),
    job: (steps, payload) => pool.execute([steps, payload], "job"),
    turn: (value) => pool.execute(value, "turn"),
    startTicking: (shared, everyMs, ticks) => pool.execute([shared, everyMs, ticks], "startTicking"),
    map: (name, items) =>
      typeof chunkSize === "number"
        ? mapByChunks(items, chunkSize, (chunk) => pool.execute(chunk, `${name}All`))
        : mapOneByOne(items, (item) => pool.execute(item, name)),
    close: async () => {
      await pool.destroy();
      clearInterval(keepAlive);
    },
  };
}
