/**
 * How much work does a pool get done?
 *
 * Unit of `jobs`: tasks per second with a fixed number in flight, each of which computes for so long and carries so much there
 * and back. The floor is the computing itself, on as many cores as there are workers. Says nothing about how long one waits.
 */
import type { Payload } from "../contenders/pool.ts";
import { median } from "../harness/statistics.ts";
import type { SampleRecord } from "../work.ts";
import { factorial, job, sampleRecord } from "../work.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** What a task carries, by its number of bytes: nothing, a record of 1 KB, or a buffer. */
function payloadOf(bytes: number): Payload {
  if (bytes === 0) return undefined;
  return bytes <= 1024 ? sampleRecord(7) : new Uint8Array(bytes).fill(7).buffer;
}

/** Whether the answer is what the task gives in this thread. */
function expectAnswer(answer: unknown, expected: unknown): void {
  if (expected instanceof ArrayBuffer) {
    const bytes = new Uint8Array(answer as ArrayBuffer);
    expectEqual(bytes.length, expected.byteLength, "the length of what came back");
    expectEqual(bytes[bytes.length - 1], 7, "its last byte");
  } else if (typeof expected === "object") {
    const [record, sample] = [answer as SampleRecord, expected as SampleRecord];
    expectEqual(record.id, sample.id, "the id of the record that came back");
    expectEqual(Object.keys(record).length, Object.keys(sample).length, "the number of its keys");
  } else expectEqual(answer, expected, "the result of a task");
}

/** N tasks in flight throughout: each of N chains submits its next task when its last is answered. */
export const jobs: CaseRun = async (context) => {
  const pool = await context.open();
  const steps = context.load("steps");
  const payload = payloadOf(context.load("bytes"));
  const expected = job(steps, payload);
  const run = async (forMs: number, least: number): Promise<number> => {
    const until = performance.now() + forMs;
    let tasks = 0;
    const chain = async (): Promise<void> => {
      do {
        expectAnswer(await pool.job(steps, payload), expected);
        tasks++;
      } while (performance.now() < until || tasks < least);
    };
    await Promise.all(Array.from({ length: context.load("inFlight") }, chain));
    return tasks;
  };
  // Code that is compiled as it runs is compiled after so many runs, not after so long.
  await run(context.load("warmUpMs"), context.load("warmUpTasks"));
  const cpu = startCpuClock();
  const tasks = await run(context.load("forMs"), 0);
  const { elapsedUs, mainUs, totalUs } = cpu.stop();
  await pool.close();
  return {
    metrics: { rate: (tasks / elapsedUs) * 1e6, main: mainUs / tasks, total: totalUs / tasks },
    checks: {},
  };
};

/** poolifier's comparison of pools: a hundred thousand tasks at once, on a pool that has yet to start, until all are answered. */
export const factorials: CaseRun = async (context) => {
  const items = Array<number>(context.load("items")).fill(context.load("n"));
  const cpu = startCpuClock();
  const pool = await context.open();
  const results = (await pool.map("factorial", items)) as ReturnType<typeof factorial>[];
  const { elapsedUs, mainUs } = cpu.stop();
  await pool.close();
  const expected = factorial(context.load("n")).factorial;
  expectEqual(results.length, items.length, "the number of results");
  for (const result of results) expectEqual(result.factorial, expected, "a factorial");
  return { metrics: { ms: elapsedUs / 1000, main: mainUs / 1000 }, checks: {} };
};

/** pyperformance's concurrent_imap: a pool is started, maps the identity over numbers in chunks, and is shut down. */
export const imapFromNothing: CaseRun = async (context) => {
  const items = Array.from({ length: context.load("items") }, (_, index) => index);
  const times: number[] = [];
  const until = performance.now() + context.load("forMs");
  do {
    const start = performance.now();
    const pool = await context.open();
    const results = await pool.map("echo", items);
    await pool.close();
    times.push(performance.now() - start);
    expectEqual(results.length, items.length, "the number of results");
    for (const [index, result] of results.entries()) expectEqual(result, items[index], "a result");
  } while (performance.now() < until);
  return { metrics: { ms: median(times) }, checks: {} };
};
