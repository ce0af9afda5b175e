/**
 * How long does one call take, alone in flight?
 *
 * Unit: microseconds from the call to the line after its `await`. The floor is two kernel wake-ups, unless both sides spin;
 * hence the CPU column: what a core pays meanwhile. Says nothing about load: see `rate.ts`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchPool } from "../contenders/pool.ts";
import { percentile } from "../harness/statistics.ts";
import type { Answer } from "../harness/types.ts";
import { sampleRecord } from "../work.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseContext, CaseRun } from "./context.ts";

/** Calls `step` over and over, one in flight, and times each. */
async function sample(context: CaseContext, step: (index: number) => Promise<void>): Promise<Answer> {
  const most = context.load("samples");
  const warmUpUntil = performance.now() + context.load("warmUpMs");
  for (let index = 0; index < most && performance.now() < warmUpUntil; index++) await step(index);

  const samples = new Float64Array(most);
  const until = performance.now() + context.load("forMs");
  const cpu = startCpuClock();
  let count = 0;
  while (count < most) {
    const start = performance.now();
    if (count > 0 && start > until) break;
    await step(count);
    samples[count++] = performance.now() - start;
  }
  const { totalUs, mainUs, elapsedUs } = cpu.stop();

  const taken = samples.subarray(0, count);
  return {
    metrics: {
      p50: percentile(taken, 0.5) * 1000,
      p99: percentile(taken, 0.99) * 1000,
      cpu: (100 * totalUs) / elapsedUs,
      main: mainUs / count,
    },
    checks: {},
  };
}

/** A case that opens the pool, samples one kind of call, and closes the pool. */
function latencyOf(
  prepare: (pool: BenchPool, context: CaseContext) => (index: number) => Promise<void>,
): CaseRun {
  return async (context) => {
    const pool = await context.open();
    const answer = await sample(context, prepare(pool, context));
    await pool.close();
    return answer;
  };
}

export const roundTrip: CaseRun = latencyOf((pool) => async () => {
  expectEqual(await pool.add(1, 2), 3, "1 + 2");
});

/** The same, after the pool has had nothing to do for a while: whoever spins has gone to sleep by then. */
export const roundTripAfterIdle: CaseRun = async (context) => {
  const pool = await context.open();
  const samples = new Float64Array(context.load("samples"));
  for (let index = 0; index < context.load("warmUpCalls"); index++) await pool.add(index, 2);
  for (let index = 0; index < samples.length; index++) {
    await sleep(context.load("idleMs"));
    const start = performance.now();
    expectEqual(await pool.add(1, 2), 3, "1 + 2");
    samples[index] = performance.now() - start;
  }
  await pool.close();
  return {
    metrics: { p50: percentile(samples, 0.5) * 1000, p99: percentile(samples, 0.99) * 1000 },
    checks: {},
  };
};

export const object: CaseRun = latencyOf((pool) => {
  const record = sampleRecord(7);
  return async () => {
    const answer = await pool.echo(record);
    expectEqual(answer.id, 7, "the record's id");
    expectEqual(Object.keys(answer).length, Object.keys(record).length, "the number of its keys");
  };
});

function filledBuffer(context: CaseContext): ArrayBuffer {
  const buffer = new ArrayBuffer(context.load("bytes"));
  new Uint8Array(buffer).fill(7);
  return buffer;
}

/** A copy goes there, its length comes back. */
export const megabyteSent: CaseRun = latencyOf((pool, context) => {
  const buffer = filledBuffer(context);
  return async () => {
    expectEqual(await pool.send(buffer), buffer.byteLength, "the buffer's length");
  };
});

/** A copy goes there, a copy of the copy comes back. */
export const megabyteCopied: CaseRun = latencyOf((pool, context) => {
  const buffer = filledBuffer(context);
  return async () => {
    const answer = await pool.copy(buffer);
    expectEqual(answer.byteLength, buffer.byteLength, "the buffer's length");
    expectEqual(new Uint8Array(answer)[answer.byteLength - 1], 7, "the last byte");
  };
});

/** The buffer itself goes there and comes back. */
export const megabyteMoved: CaseRun = latencyOf((pool, context) => {
  let buffer = filledBuffer(context);
  return async () => {
    const gone = buffer;
    buffer = await pool.move(buffer);
    expectEqual(gone.byteLength, 0, "the length left behind");
    expectEqual(new Uint8Array(buffer)[buffer.byteLength - 1], 7, "the last byte");
  };
});

export const cpuTask: CaseRun = latencyOf((pool, context) => {
  const iterations = context.load("iterations");
  return async () => {
    expectEqual(typeof (await pool.burn(iterations)), "number", "the task's result");
  };
});

export const asyncTask: CaseRun = latencyOf((pool) => async (index) => {
  expectEqual(await pool.turn(index), index, "the task's result");
});
