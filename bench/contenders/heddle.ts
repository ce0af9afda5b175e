/** Heddle: plain functions, given to the pool as they are. */
import { transfer } from "heddle";
import { ThreadPoolExecutor } from "heddle/futures";
import type { SampleRecord } from "../work.ts";
import {
  add,
  burn,
  byteLength,
  echo,
  factorise,
  increment,
  largestFactor,
  startTicking,
  turn,
} from "../work.ts";
import type { BenchPool, OpenOptions } from "./pool.ts";

const functions = { increment, factorise, largestFactor };

const moveBack = (buffer: ArrayBuffer): ArrayBuffer => transfer(buffer);

export async function open({ workers, concurrency }: OpenOptions): Promise<BenchPool> {
  const pool = new ThreadPoolExecutor({
    minWorkers: workers,
    maxWorkers: workers,
    concurrencyPerWorker: concurrency,
  });

  return {
    add: (a, b) => pool.submit(add, a, b),
    echo: (record) => pool.submit(echo<SampleRecord>, record),
    send: (buffer) => pool.submit(byteLength, buffer),
    copy: (buffer) => pool.submit(echo<ArrayBuffer>, buffer),
    move: (buffer) => pool.submit(moveBack, transfer(buffer)),
    burn: (iterations) => pool.submit(burn, iterations),
    turn: (value) => pool.submit(turn, value),
    startTicking: (shared, everyMs, ticks) => pool.submit(startTicking, shared, everyMs, ticks),
    map: (name, items) => pool.map<number, unknown>(functions[name], items).toArray(),
    close: () => pool.shutdown(),
  };
}
