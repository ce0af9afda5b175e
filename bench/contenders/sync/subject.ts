/** What a contender of the sync suite can do; what it has no way to do is absent. */
import type { Contest, Latencies, Relay, Share } from "../loops.ts";

/** One contender's lock, and its threads. */
export interface SyncSubject {
  /** In this thread: acquires, adds 1 to a count, and releases, so many times; gives the count. */
  enter?(times: number): number | Promise<number>;
  /** The same, by the form that does not wait for a lock that is taken. */
  tryEnter?(times: number): number | Promise<number>;
  /** All threads of the contest on one lock. */
  contend?(shared: SharedArrayBuffer, contest: Contest): Promise<readonly Share[]>;
  /** Two threads that wake one another by turns: what the one that leads saw, and the one that follows. */
  handOver?(shared: SharedArrayBuffer, relay: Relay): Promise<readonly [Latencies, Latencies]>;
  close(): Promise<void>;
}
