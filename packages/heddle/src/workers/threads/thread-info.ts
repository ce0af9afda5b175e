/** What there is to know of a thread, whoever asks. */
export interface ThreadInfo {
  /** As `threadId` of `node:worker_threads`: 0 for the main thread, different for all others; -1 for one that was not started. */
  readonly id: number;
  readonly name: string;
  /** The program does not wait for it. */
  readonly daemon: boolean;
  /** Whether it was started, and has not ended. */
  readonly isAlive: boolean;
  /** The operating system's number of it; `undefined` before it has begun, and where that cannot be known. */
  readonly nativeId: number | undefined;
}

/** What is known of a thread now, for those who must not hold it. */
export function snapshotOf({ id, name, daemon, isAlive, nativeId }: ThreadInfo): ThreadInfo {
  return Object.freeze({ id, name, daemon, isAlive, nativeId });
}
