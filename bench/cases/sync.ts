/**
 * What does a lock cost, alone and fought over?
 *
 * Units: nanoseconds from acquire to released; entries per second of all threads together. Every run is counted on both
 * sides, inside the lock and outside. Says nothing about waiting: see `hand-over.ts`.
 */
import { countIn, sharedWords } from "../contenders/loops.ts";
import { CannotError } from "../contenders/pool.ts";
import type { SyncSubject } from "../contenders/sync/subject.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** Calls in batches, each counted, for the load's time; then the time of one. */
function timed(name: "enter" | "tryEnter"): CaseRun<SyncSubject> {
  return async (context) => {
    const subject = await context.open();
    const enter = subject[name];
    if (enter === undefined) throw new CannotError(`it has no ${name}`);
    const batch = context.load("batch");
    const repeat = async (forMs: number): Promise<number> => {
      const until = performance.now() + forMs;
      let batches = 0;
      do {
        const entered = enter(batch);
        expectEqual(typeof entered === "number" ? entered : await entered, batch, "the count of a batch");
        batches++;
      } while (performance.now() < until);
      return batches * batch;
    };
    await repeat(context.load("warmUpMs"));
    const cpu = startCpuClock();
    const entries = await repeat(context.load("forMs"));
    const { elapsedUs } = cpu.stop();
    await subject.close();
    return { metrics: { ns: (1000 * elapsedUs) / entries }, checks: {} };
  };
}

export const uncontended: CaseRun<SyncSubject> = timed("enter");
export const uncontendedTry: CaseRun<SyncSubject> = timed("tryEnter");

/** All threads on one lock. `least`: the share of the thread that got in least often, of an even share. */
export const contended: CaseRun<SyncSubject> = async (context) => {
  const subject = await context.open();
  const { workers } = context;
  const run = async (forMs: number) => {
    if (subject.contend === undefined) throw new CannotError("it has no lock between threads");
    const shared = sharedWords();
    const contest = {
      threads: workers,
      forMs,
      inside: context.load("inside"),
      outside: context.load("outside"),
    };
    const shares = await subject.contend(shared, contest);
    const entered = shares.reduce((sum, share) => sum + share.entered, 0);
    expectEqual(countIn(shared), entered, "the count kept inside the lock");
    return { shares, entered };
  };
  await run(context.load("warmUpMs"));
  const cpu = startCpuClock();
  const { shares, entered } = await run(context.load("forMs"));
  const { totalUs, elapsedUs } = cpu.stop();
  await subject.close();
  const elapsedMs = Math.max(...shares.map((share) => share.elapsedMs));
  const least = Math.min(...shares.map((share) => share.entered));
  return {
    metrics: {
      rate: (entered / elapsedMs) * 1000,
      least: (100 * least * workers) / entered,
      cpu: (100 * totalUs) / elapsedUs,
    },
    checks: {},
  };
};
