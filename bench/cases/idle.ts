/**
 * What does a pool without work cost, and does it still live?
 *
 * Units: percent of one core over the idle time, all threads together, from right after a burst on; percent of the due
 * timers that an idle worker ran; milliseconds from the last result to the end of a process that never closed its pool.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchPool } from "../contenders/pool.ts";
import type { CaseRun } from "./context.ts";
import { startCpuClock } from "./context.ts";

async function burstOf(pool: BenchPool, calls: number): Promise<void> {
  await Promise.all(Array.from({ length: calls }, (_, index) => pool.add(index, 1)));
}

export const idleCpu: CaseRun = async (context) => {
  const pool = await context.open();
  await burstOf(pool, context.load("burst"));
  const cpu = startCpuClock();
  await sleep(context.load("idleMs"));
  const { totalUs, elapsedUs } = cpu.stop();
  await pool.close();
  return { metrics: { cpu: (100 * totalUs) / elapsedUs }, checks: {} };
};

export const idleTimers: CaseRun = async (context) => {
  const pool = await context.open();
  await burstOf(pool, context.load("burst"));
  const shared = new SharedArrayBuffer(4);
  const ticks = context.load("ticks");
  const everyMs = context.load("everyMs");
  await pool.startTicking(shared, everyMs, ticks);
  await sleep(ticks * everyMs + context.load("graceMs"));
  const ran = new Int32Array(shared)[0]!;
  await pool.close();
  return { metrics: { ran: (100 * ran) / ticks }, checks: {} };
};

/** Leaves the pool open: the process must end by itself. The parent measures how long that takes. */
export const exit: CaseRun = async (context) => {
  const pool = await context.open();
  await burstOf(pool, context.load("burst"));
  return { metrics: {}, checks: {} };
};
