/** No workers: the same functions, called on the main thread. The floor for `map`, and the one thread of a speed-up. */
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
import type { BenchPool } from "./pool.ts";

/** The functions of maps. */
export const mapFunctions = { increment, factorise, largestFactor, factorial, echo: echo<number> };

export async function open(): Promise<BenchPool> {
  return {
    add: async (a, b) => add(a, b),
    echo: async (record) => echo(record),
    send: async (buffer) => byteLength(buffer),
    copy: async (buffer) => buffer,
    move: async (buffer) => buffer,
    burn: async (iterations) => burn(iterations),
    job: async (steps, payload) => job(steps, payload),
    turn,
    startTicking: async (shared, everyMs, ticks) => startTicking(shared, everyMs, ticks),
    map: async (name, items) => {
      const work: (item: number) => unknown = mapFunctions[name];
      const results: unknown[] = [];
      for (const item of items) results.push(work(item));
      return results;
    },
    close: async () => {},
  };
}
