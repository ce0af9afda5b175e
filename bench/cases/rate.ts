/**
 * How many tasks a second, with many in flight?
 *
 * Unit: tasks per second from the first submission to the last result, and the main thread's CPU per task: what the
 * program pays for it. A burst submits N calls in one go and awaits all; a window keeps N in flight throughout. Says nothing
 * about how long a single call waits.
 */
import type { BenchPool } from "../contenders/pool.ts";
import type { Answer } from "../harness/types.ts";
import { sampleRecord } from "../work.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** One call with its index; gives a number that can be summed up and foretold. */
type Call = (index: number) => PromiseLike<number>;

/** Answers of a burst: element i is the answer to call i. */
async function burst(inFlight: number, call: Call): Promise<number[]> {
  const answers: PromiseLike<number>[] = [];
  for (let index = 0; index < inFlight; index++) answers.push(call(index));
  return Promise.all(answers);
}

function summary(tasks: number, cpu: { totalUs: number; mainUs: number; elapsedUs: number }): Answer {
  return {
    metrics: { rate: (tasks / cpu.elapsedUs) * 1e6, main: cpu.mainUs / tasks, total: cpu.totalUs / tasks },
    checks: {},
  };
}

/** A case that repeats a burst for the load's time. `call(index)` must answer `index + 1`. */
function burstsOf(prepare: (pool: BenchPool) => Call): CaseRun {
  return async (context) => {
    const pool = await context.open();
    const call = prepare(pool);
    const inFlight = context.load("inFlight");
    const expected = (inFlight * (inFlight + 1)) / 2;
    const repeat = async (forMs: number): Promise<number> => {
      const until = performance.now() + forMs;
      let tasks = 0;
      do {
        const answers = await burst(inFlight, call);
        expectEqual(
          answers.reduce((sum, answer) => sum + answer, 0),
          expected,
          "the sum of a burst",
        );
        tasks += inFlight;
      } while (performance.now() < until);
      return tasks;
    };
    await repeat(context.load("warmUpMs"));
    const cpu = startCpuClock();
    const tasks = await repeat(context.load("forMs"));
    const answer = summary(tasks, cpu.stop());
    await pool.close();
    return answer;
  };
}

export const burstOfAdds: CaseRun = burstsOf((pool) => (index) => pool.add(index, 1));

export const burstOfTurns: CaseRun = burstsOf((pool) => (index) => pool.turn(index + 1));

export const burstOfObjects: CaseRun = burstsOf((pool) => {
  const record = sampleRecord(1);
  const idOf = (answer: { readonly id: number }): number => answer.id;
  return async (index) => idOf(await pool.echo(record)) + index;
});

/** N calls in flight throughout: each of N chains submits its next call when its last is answered. */
export const windowOfAdds: CaseRun = async (context) => {
  const pool = await context.open();
  const run = async (forMs: number): Promise<number> => {
    const until = performance.now() + forMs;
    let tasks = 0;
    const chain = async (): Promise<void> => {
      for (let index = 0; ; index++) {
        expectEqual(await pool.add(index, 1), index + 1, "a sum");
        tasks++;
        // Reading the clock for every task would cost as much as a task.
        if (index % 16 === 15 && performance.now() > until) return;
      }
    };
    await Promise.all(Array.from({ length: context.load("inFlight") }, chain));
    return tasks;
  };
  await run(context.load("warmUpMs"));
  const cpu = startCpuClock();
  const tasks = await run(context.load("forMs"));
  const answer = summary(tasks, cpu.stop());
  await pool.close();
  return answer;
};
