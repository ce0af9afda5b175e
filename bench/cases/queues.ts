/**
 * What does it cost to put a value in a queue and to take it out, in one thread and between two?
 *
 * Units: nanoseconds for one value in and out; values per second from the first to the end mark, by the receiver's clock.
 * Both ends count and add up what they saw, and must agree. Says nothing about a queue that is empty most of the time:
 * see `hand-over.ts`.
 */
import { sharedWords } from "../contenders/loops.ts";
import type { Haul } from "../contenders/loops.ts";
import { CannotError } from "../contenders/pool.ts";
import type { QueueSubject } from "../contenders/queues/subject.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** Numbers through a queue of this thread, in batches, each added up. */
function passing(name: "pass" | "tryPass"): CaseRun<QueueSubject> {
  return async (context) => {
    const subject = await context.open();
    const pass = subject[name];
    if (pass === undefined) throw new CannotError(`it has no ${name}`);
    const batch = context.load("batch");
    const capacity = context.load("capacity");
    const repeat = async (forMs: number): Promise<number> => {
      const until = performance.now() + forMs;
      let batches = 0;
      do {
        expectEqual(await pass(batch, capacity), (batch * (batch - 1)) / 2, "the sum of a batch");
        batches++;
      } while (performance.now() < until);
      return batches * batch;
    };
    await repeat(context.load("warmUpMs"));
    const cpu = startCpuClock();
    const values = await repeat(context.load("forMs"));
    const { elapsedUs } = cpu.stop();
    await subject.close();
    return { metrics: { ns: (1000 * elapsedUs) / values }, checks: {} };
  };
}

export const inThread: CaseRun<QueueSubject> = passing("pass");
export const inThreadTry: CaseRun<QueueSubject> = passing("tryPass");

/** Values from one thread to another. */
export const haul: CaseRun<QueueSubject> = async (context) => {
  const subject = await context.open();
  const run = async (forMs: number) => {
    if (subject.haul === undefined) throw new CannotError("it has no queue between threads");
    const order: Haul = {
      forMs,
      capacity: context.load("capacity"),
      cargo: context.load("records") === 1 ? "record" : "small",
    };
    const [sent, received] = await subject.haul(sharedWords(), order);
    expectEqual(received.count, sent.count, "the number of values received");
    expectEqual(received.sum, sent.sum, "the sum of the values received");
    return received;
  };
  await run(context.load("warmUpMs"));
  const cpu = startCpuClock();
  const { count, elapsedMs } = await run(context.load("forMs"));
  const { totalUs } = cpu.stop();
  await subject.close();
  return { metrics: { rate: (count / elapsedMs) * 1000, total: totalUs / count }, checks: {} };
};
