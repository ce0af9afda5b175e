/** What a contender of the queues suite can do; what it has no way to do is absent. */
import type { Flow, Haul, Latencies, Relay } from "../loops.ts";

/** One contender's queue or channel, and its threads. */
export interface QueueSubject {
  /** In this thread: one task puts in the numbers below `times`, another takes them out; gives their sum. */
  pass?(times: number, capacity: number): Promise<number>;
  /** The same without waiting: fills it, empties it, and so on. */
  tryPass?(times: number, capacity: number): number;
  /** One thread puts in, another takes out: what the one that sends saw, and the one that receives. */
  haul?(shared: SharedArrayBuffer, haul: Haul): Promise<readonly [Flow, Flow]>;
  /** Two threads that send one another a number by turns. */
  handOver?(shared: SharedArrayBuffer, relay: Relay): Promise<readonly [Latencies, Latencies]>;
  close(): Promise<void>;
}
