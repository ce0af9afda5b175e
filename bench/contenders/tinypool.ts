/** tinypool: as piscina, from which it comes; it has atomics or none. */
import { Tinypool } from "tinypool";
import { mapByChunks, mapOneByOne, numberSetting } from "./pool.ts";
import type { BenchPool, OpenOptions } from "./pool.ts";

const filename = new URL("./workers/tinypool.mjs", import.meta.url).href;

export async function open({ workers, settings }: OpenOptions): Promise<BenchPool> {
  const pool = new Tinypool({
    filename,
    minThreads: workers,
    maxThreads: workers,
    ...(settings["processes"] === true && { runtime: "child_process" as const }),
    ...(settings["tuned"] === true && {
      useAtomics: settings["atomics"] === true,
      concurrentTasksPerWorker: numberSetting(settings, "tasksPerWorker"),
      trackUnmanagedFds: false,
    }),
  });
  const chunkSize = settings["chunkSize"];
  const run = (name: string): ((value: unknown) => Promise<never>) => {
    const options = { name };
    return (value) => pool.run(value, options) as Promise<never>;
  };
  const add = run("add");
  const job = run("job");
  const startTicking = run("startTicking");
  const move = run("move");

  return {
    add: (a, b) => add([a, b]),
    echo: run("echo"),
    send: run("send"),
    copy: run("copy"),
    move: (buffer) => move(Tinypool.move(buffer)),
    burn: run("burn"),
    job: (steps, payload) => job([steps, payload]),
    turn: run("turn"),
    startTicking: (shared, everyMs, ticks) => startTicking([shared, everyMs, ticks]),
    map: (name, items) =>
      typeof chunkSize === "number"
        ? mapByChunks(items, chunkSize, run(`${name}All`))
        : mapOneByOne(items, run(name)),
    close: () => pool.destroy(),
  };
}
