/**
 * What does it cost that processes share memory?
 *
 * Units: nanoseconds from acquire to released; microseconds there and back; values per second; milliseconds to a first answer,
 * and from a kill to the lock. Both processes block, so that no event loop is measured. Says nothing about more than two.
 */
import { CannotError } from "../contenders/pool.ts";
import type { ProcessSubject } from "../contenders/processes/subject.ts";
import { expectEqual } from "./context.ts";
import type { CaseContext, CaseRun } from "./context.ts";

async function opened<N extends keyof ProcessSubject>(
  context: CaseContext<ProcessSubject>,
  name: N,
): Promise<{ subject: ProcessSubject; run: NonNullable<ProcessSubject[N]> }> {
  const subject = await context.open();
  const run = subject[name];
  if (run === undefined) throw new CannotError(`it has no ${name}`);
  return { subject, run };
}

const middle = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * share)]!;

export const processLock: CaseRun<ProcessSubject> = async (context) => {
  const { subject, run } = await opened(context, "enter");
  const times = context.load("times");
  run(times);
  const began = performance.now();
  run(times);
  const ns = (1e6 * (performance.now() - began)) / times;
  await subject.close();
  return { metrics: { ns }, checks: {} };
};

export const processPingPong: CaseRun<ProcessSubject> = async (context) => {
  const { subject, run } = await opened(context, "pingPong");
  const times = await run(context.load("rounds"));
  await subject.close();
  return { metrics: { p50: middle(times, 0.5), p99: middle(times, 0.99) }, checks: {} };
};

export const processHaul: CaseRun<ProcessSubject> = async (context) => {
  const { subject, run } = await opened(context, "haul");
  const values = context.load("values");
  const { count, elapsedMs } = await run(values);
  expectEqual(count, values, "the count on the other side");
  const rate = (1000 * values) / elapsedMs;
  await subject.close();
  return { metrics: { rate }, checks: {} };
};

export const processFirst: CaseRun<ProcessSubject> = async (context) => {
  const { subject, run } = await opened(context, "first");
  // What compiled code is kept is there afterwards.
  await run();
  const began = performance.now();
  await run();
  const first = performance.now() - began;
  await subject.close();
  return { metrics: { first }, checks: {} };
};

export const processOutlive: CaseRun<ProcessSubject> = async (context) => {
  const { subject, run } = await opened(context, "outlive");
  const times: number[] = [];
  for (let i = 0; i < context.load("kills"); i++) times.push(await run());
  await subject.close();
  return { metrics: { p50: middle(times, 0.5), most: Math.max(...times) }, checks: {} };
};
