/**
 * What do tasks cost: to spawn and to join, in trees, and asleep?
 *
 * Units: nanoseconds a task; milliseconds a tree; bytes a sleeping task. Says nothing about what goes wrong: see the tests.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CannotError } from "../contenders/pool.ts";
import { KINDS, leavesOf, type TasksSubject } from "../contenders/tasks/subject.ts";
import { type CaseRun, expectEqual } from "./context.ts";

/** Runs of a tenth of the size before the one that counts. */
const WARM_UPS = 5;

export const spawnJoin: CaseRun<TasksSubject> = async (context) => {
  const subject = await context.open();
  const count = context.limitItems ?? context.load("tasks");
  for (let i = 0; i < WARM_UPS; i++)
    expectEqual(await subject.spawnJoin(count / 10), count / 10, "a warm-up");
  const start = performance.now();
  expectEqual(await subject.spawnJoin(count), count, "the number of tasks that ran");
  const elapsedMs = performance.now() - start;
  return {
    metrics: { ns: (elapsedMs * 1e6) / count },
    checks: {},
    ...(context.limitItems !== undefined && { scaled: `measured on ${count} tasks` }),
  };
};

export const skynet: CaseRun<TasksSubject> = async (context) => {
  const subject = await context.open();
  const whole = context.load("leaves");
  const leaves = Math.min(whole, context.limitItems ?? Infinity);
  for (let i = 0; i < WARM_UPS; i++) await subject.skynet(leaves / 10);
  const start = performance.now();
  const sum = await subject.skynet(leaves);
  const elapsedMs = performance.now() - start;
  expectEqual(sum, (leaves * (leaves - 1)) / 2, "the sum of the leaves");
  return {
    metrics: { ms: elapsedMs * (whole / leaves) },
    checks: {},
    ...(leaves < whole && { scaled: `measured on ${leaves} leaves` }),
  };
};

export const asyncTree: CaseRun<TasksSubject> = async (context) => {
  const subject = await context.open();
  const kind = KINDS[context.load("kind")]!;
  const [levels, branches] = [context.load("levels"), context.load("branches")];
  let leaves = 0;
  const run = async (): Promise<number> => {
    const leaf = leavesOf(kind);
    leaves = 0;
    const start = performance.now();
    await subject.tree(levels, branches, () => {
      leaves++;
      return leaf();
    });
    expectEqual(leaves, branches ** levels, "the number of leaves");
    return performance.now() - start;
  };
  await run();
  return { metrics: { ms: await run() }, checks: {} };
};

export const sleeping: CaseRun<TasksSubject> = async (context) => {
  const subject = await context.open();
  if (subject.sleepers === undefined) throw new CannotError("it is not asked to");
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const count = context.load("tasks");
  await (
    await subject.sleepers(1000)
  )();
  collect();
  const before = process.memoryUsage().heapUsed;
  const wake = await subject.sleepers(count);
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  await wake();
  return { metrics: { bytes }, checks: {} };
};
