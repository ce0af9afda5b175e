/**
 * Measures one case: so many rounds, and what doing it once took in each.
 *
 * @packageDocumentation
 */
import { median } from "../advise/predict.ts";
import type { Bench } from "./cases.ts";

/** Of one thing done once, in milliseconds. */
export interface Figures {
  readonly ms: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

const ROUNDS = 5;

/**
 * Does it more and more often until a round is long enough, which warms it up, and then in rounds.
 *
 * @param timeMs - About how long all rounds take.
 */
export async function measure(bench: Bench, timeMs: number): Promise<Figures> {
  const roundMs = timeMs / ROUNDS;
  let times = 1;
  for (;;) {
    const elapsedMs = await timeOf(bench, times);
    if (elapsedMs >= roundMs / 2) {
      times = Math.max(1, Math.round((times * roundMs) / elapsedMs));
      break;
    }
    times *= 2;
  }
  const each: number[] = [];
  for (let round = 0; round < ROUNDS; round++) each.push((await timeOf(bench, times)) / times);
  return { ms: median(each), leastMs: Math.min(...each), mostMs: Math.max(...each) };
}

async function timeOf(bench: Bench, times: number): Promise<number> {
  const start = performance.now();
  await bench.run(times);
  return performance.now() - start;
}
