/**
 * How fast are the classic programs of communicating processes, beside Go?
 *
 * Unit: nanoseconds for one step of the program; the table says what a step is. All must come to the same result.
 */
import type { ClassicsSubject } from "../contenders/classics.ts";
import { startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** Runs a program at a tenth of its size until it is warm (V8 compiles as it goes, Go before), and then at its size. */
function classic(name: string): CaseRun<ClassicsSubject> {
  return async (context) => {
    const subject = await context.open();
    const size = context.load("size");
    const warmAt = performance.now() + context.load("warmUpMs");
    do await subject.play(name, Math.ceil(size / 10));
    while (performance.now() < warmAt);
    const cpu = startCpuClock();
    const result = await subject.play(name, size);
    const { totalUs, elapsedUs } = cpu.stop();
    await subject.close();
    return {
      metrics: { ns: (1000 * elapsedUs) / size, cpu: (100 * totalUs) / elapsedUs },
      checks: { [`${name} of ${size}`]: result },
    };
  };
}

const names = [
  "ping-pong",
  "thread-ring",
  "bounded-buffer",
  "dining-philosophers",
  "sleeping-barber",
  "prime-sieve",
];

export const classicRuns: Readonly<Record<string, CaseRun<ClassicsSubject>>> = Object.fromEntries(
  names.map((name) => [name, classic(name)]),
);
