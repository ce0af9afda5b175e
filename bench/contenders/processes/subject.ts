/** What a contender of the processes suite does; each does some of it. */
export interface ProcessSubject {
  /** So many times into a lock and out of it, with nobody else there. */
  enter?(times: number): void;
  /** So many times there and back between two processes that block; microseconds each. */
  pingPong?(rounds: number): Promise<number[]>;
  /** So many small values to another process, which is there already, and counts them: the count, and how long it took. */
  haul?(values: number): Promise<{ readonly count: number; readonly elapsedMs: number }>;
  /** Starts a process, and has its first answer. */
  first?(): Promise<unknown>;
  /** A process is killed that holds a lock; milliseconds until a thread has it that is blocked. */
  outlive?(): Promise<number>;
  close(): Promise<unknown>;
}
