/**
 * How long until a program has the first result of its first worker?
 *
 * Unit: milliseconds from the line that makes the worker, or the pool, to the line after the `await`; the library is loaded before.
 * The worker imports a module of the program's for that. Of each contender every run but the first finds on disk what a
 * cache of compiled code has kept, if the contender has one. Says nothing about the second worker.
 */
import type { StartupSubject } from "../contenders/startup/subject.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

export const startup: CaseRun<StartupSubject> = async (context) => {
  const subject = await context.open();
  const cpu = startCpuClock();
  const summary = await subject.first([1, 2, 3, 4]);
  const { totalUs, mainUs, elapsedUs } = cpu.stop();
  expectEqual(summary.mean, 2.5, "the mean");
  await subject.close();
  return { metrics: { first: elapsedUs / 1000, cpu: totalUs / 1000, main: mainUs / 1000 }, checks: {} };
};
