/** Heddle: plain functions, given to the pool as they are. */
import { transfer } from "heddle";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "heddle/futures";
import type { SampleRecord } from "../work.ts";
import {
  add,
  burn,
  byteLength,
  echo,
  factorial,
  factorise,
  increment,
  job,
  largestFactor,
  startTicking,
  turn,
} from "../work.ts";
import { mapOneByOne } from "./pool.ts";
import type { BenchPool, MapName, OpenOptions } from "./pool.ts";

const functions = { increment, factorise, largestFactor, factorial, echo: echo<number> };

const moveBack = (buffer: ArrayBuffer): ArrayBuffer => transfer(buffer);

export async function open({ workers, concurrency, settings }: OpenOptions): Promise<BenchPool> {
  const Pool = settings["processes"] === true ? ProcessPoolExecutor : ThreadPoolExecutor;
  const pool = new Pool({
    minWorkers: workers,
    maxWorkers: workers,
    concurrencyPerWorker: concurrency,
  });
  const chunkSize = settings["chunkSize"];
  const mapOptions = typeof chunkSize === "number" ? { chunkSize } : {};
  const functionOf = (name: MapName): ((item: number) => unknown) => functions[name];

  return {
    add: (a, b) => pool.submit(add, a, b),
    echo: (record) => pool.submit(echo<SampleRecord>, record),
    send: (buffer) => pool.submit(byteLength, buffer),
    copy: (buffer) => pool.submit(echo<ArrayBuffer>, buffer),
    move: (buffer) => pool.submit(moveBack, transfer(buffer)),
    burn: (iterations) => pool.submit(burn, iterations),
    job: (steps, payload) => pool.submit(job, steps, payload),
    turn: (value) => pool.submit(turn, value),
    startTicking: (shared, everyMs, ticks) => pool.submit(startTicking, shared, everyMs, ticks),
    map: (name, items) =>
      settings["oneByOne"] === true
        ? mapOneByOne(items, (item) => pool.submit(functionOf(name), item))
        : pool.map(functionOf(name), items, mapOptions).toArray(),
    close: () => pool.shutdown(),
  };
}
