/** What a case is given, and the clocks it measures by. */
import type { BenchPool } from "../contenders/pool.ts";
import type { Answer } from "../harness/types.ts";

/** One case, in its own child process, for one contender and one number of workers. `Opened`: what its contenders open. */
export interface CaseContext<Opened = BenchPool> {
  readonly workers: number;
  /** Opens the contender; a case that measures the start calls it when it wants. */
  open(): Promise<Opened>;
  /** A number of the case's load. */
  load(name: string): number;
  /** Whether the contender was told to do a smaller input, to be scaled up. */
  readonly limitItems: number | undefined;
}

export type CaseRun<Opened = BenchPool> = (context: CaseContext<Opened>) => Promise<Answer>;

/** CPU time since `start`, in microseconds: of the whole process, and of this thread alone. */
export interface CpuClock {
  stop(): { readonly totalUs: number; readonly mainUs: number; readonly elapsedUs: number };
}

/** Starts counting CPU time and wall time. */
export function startCpuClock(): CpuClock {
  const process0 = process.cpuUsage();
  const thread0 = process.threadCpuUsage();
  const time0 = performance.now();
  return {
    stop: () => {
      const elapsedUs = (performance.now() - time0) * 1000;
      const thread = process.threadCpuUsage(thread0);
      const total = process.cpuUsage(process0);
      return { totalUs: total.user + total.system, mainUs: thread.user + thread.system, elapsedUs };
    },
  };
}

/** Fails the case when a contender's answer is wrong: a fast wrong answer must not win. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected))
    throw new Error(`Cannot trust the figure: ${what} is ${String(actual)}, not ${String(expected)}`);
}
