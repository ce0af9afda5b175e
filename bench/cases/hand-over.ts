/**
 * How fast does a thread that waits go on, once another lets it?
 *
 * Units: microseconds. Without a rest, half of a round of two threads that wake one another by turns; with a rest before
 * each turn, from before the hand-over to the next line of the thread that slept. Who spins does well in the first and
 * pays for it in the CPU column; the second finds everybody asleep.
 */
import { sharedWords } from "../contenders/loops.ts";
import type { Latencies, Relay } from "../contenders/loops.ts";
import { CannotError } from "../contenders/pool.ts";
import { expectEqual, startCpuClock } from "./context.ts";
import type { CaseRun } from "./context.ts";

/** What has two threads that can wake one another. */
interface Relaying {
  handOver?(shared: SharedArrayBuffer, relay: Relay): Promise<readonly [Latencies, Latencies]>;
  close(): Promise<void>;
}

/** Two threads that wake one another by turns; both must have counted the same turns. */
export const handOver: CaseRun<Relaying> = async (context) => {
  const subject = await context.open();
  const idleMs = context.load("idleMs");
  const run = async (relay: Relay) => {
    if (subject.handOver === undefined) throw new CannotError("it cannot wake another thread");
    const [led, followed] = await subject.handOver(sharedWords(), relay);
    expectEqual(followed.count, led.count, "the number of turns of the one who follows");
    return { led, followed };
  };
  await run({ forMs: context.load("warmUpMs"), idleMs: 0 });
  const cpu = startCpuClock();
  const { led, followed } = await run({ forMs: context.load("forMs"), idleMs });
  const { totalUs, elapsedUs } = cpu.stop();
  await subject.close();
  const { p50, p99 } = idleMs > 0 ? followed : led;
  return { metrics: { p50, p99, cpu: (100 * totalUs) / elapsedUs }, checks: {} };
};
