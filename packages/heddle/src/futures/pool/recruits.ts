/**
 * How the workers of a pool are started.
 *
 * @packageDocumentation
 */
import { MessageChannel, type ResourceLimits } from "node:worker_threads";
import { threadHeap } from "#heap";
import { startThread, type ThreadEnd, type WorkerThread } from "../../workers/index.ts";
import { flushAtExit, forgetOutput, isAnswer, noteAnswer } from "../worker/exit-flush.ts";
import { ParcelPort } from "../board/parcels.ts";
import type { PoolPlace } from "./pool.ts";
import { type Assignment, type Duties, READY, workerEntry } from "../worker/worker-entry.ts";

/** What a worker is started with. */
export interface Recruiting {
  readonly name: string;
  readonly duties: Duties;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly onMessage: (message: unknown) => void;
  /** Called once, when it runs no more; not before this has returned. */
  readonly onEnd: (end: ThreadEnd) => void;
}

/** A worker that was started. */
export interface Recruited {
  readonly thread: WorkerThread;
  /** Where side items come and go. */
  readonly parcels: ParcelPort;
}

export type Recruit = (recruiting: Recruiting) => Recruited;

/** Workers are threads of this process. */
const recruitThread: Recruit = ({ duties, onMessage, onEnd, ...start }) => {
  const { port1, port2 } = new MessageChannel();
  const data: Assignment = { ...duties, side: port2 };
  const thread: WorkerThread = startThread({
    ...start,
    entry: workerEntry(),
    data,
    transferList: [port2],
    onMessage(message) {
      if (isAnswer(message)) return noteAnswer(thread, message);
      if (message === READY) flushAtExit(thread);
      onMessage(message);
    },
    onEnd(end) {
      forgetOutput(thread);
      onEnd(end);
    },
  });
  return { thread, parcels: new ParcelPort(port1) };
};

/** Where pools of threads and their workers meet. */
export function threadPlace(): PoolPlace {
  return { recruit: recruitThread, leave() {}, heap: threadHeap() };
}
