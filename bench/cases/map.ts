/**
 * How long does one function over many items take?
 *
 * Unit: milliseconds from the call to the array of all results; the items are in memory before, the workers are warm
 * (except in `factorise-cold`). The floor is a plain loop. Says nothing about sources that are read lazily.
 */
import { checksum } from "../contenders/checksum.ts";
import type { BenchPool, MapName } from "../contenders/pool.ts";
import { randomIntegers } from "../harness/random.ts";
import { median } from "../harness/statistics.ts";
import type { Answer } from "../harness/types.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseContext, CaseRun } from "./context.ts";

/** The seed of the numbers to factorise: the same for every contender and language. */
const SEED = 20_000;

/** How many items this contender gets: all, or fewer, to be scaled up. */
function itemCount(context: CaseContext): number {
  return Math.min(context.load("items"), context.limitItems ?? Infinity);
}

function answerOf(
  context: CaseContext,
  elapsedMs: number,
  mainMs: number,
  checks: Record<string, number>,
): Answer {
  const items = context.load("items");
  const done = itemCount(context);
  const scale = items / done;
  return {
    metrics: { ms: elapsedMs * scale, main: mainMs * scale },
    checks,
    ...(scale !== 1 && {
      scaled: `measured on ${done.toLocaleString("en")} of ${items.toLocaleString("en")} items`,
    }),
  };
}

/** The input of a map, and a number that tells whether the results are right. */
function inputOf(name: MapName, count: number): number[] {
  return name === "increment"
    ? Array.from({ length: count }, (_, index) => index)
    : randomIntegers(count, 20_000, 100_000_000, SEED);
}

/** The results of a map, or their sum from who has no more. */
function resultsOf(pool: BenchPool, name: MapName, items: readonly number[]): Promise<unknown[] | number> {
  return pool.sumOfMap?.(name, items) ?? pool.map(name, items);
}

/** The sum of so many results. */
function sumOf(results: unknown[] | number, count: number): number {
  if (typeof results === "number") return results;
  expectEqual(results.length, count, "the number of results");
  return checksum(results);
}

/** Runs the map often enough to fill the load's time, and gives the median. */
function mapOf(name: MapName): CaseRun {
  return async (context) => {
    const count = itemCount(context);
    const items = inputOf(name, count);
    const pool = await context.open();
    await resultsOf(pool, name, inputOf(name, Math.min(count, context.load("warmUpItems"))));

    const times: number[] = [];
    const mains: number[] = [];
    let sum = 0;
    const until = performance.now() + context.load("forMs");
    do {
      const cpu = startCpuClock();
      const results = await resultsOf(pool, name, items);
      const { elapsedUs, mainUs } = cpu.stop();
      times.push(elapsedUs / 1000);
      mains.push(mainUs / 1000);
      sum = sumOf(results, count);
    } while (performance.now() < until);
    await pool.close();
    return answerOf(context, median(times), median(mains), { [`${name} of ${count}`]: sum });
  };
}

export const increments: CaseRun = mapOf("increment");
export const factorisations: CaseRun = mapOf("factorise");
export const largestFactors: CaseRun = mapOf("largestFactor");

/** From nothing: the time covers the start of the workers too. */
export const factorisationsCold: CaseRun = async (context) => {
  const count = itemCount(context);
  const items = inputOf("factorise", count);
  const cpu = startCpuClock();
  const pool = await context.open();
  const results = await resultsOf(pool, "factorise", items);
  const { elapsedUs, mainUs } = cpu.stop();
  await pool.close();
  return answerOf(context, elapsedUs / 1000, mainUs / 1000, {
    [`factorise of ${count}`]: sumOf(results, count),
  });
};
