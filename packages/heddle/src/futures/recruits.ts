/**
 * How the workers of a pool are started.
 *
 * @packageDocumentation
 */
import { MessageChannel, type ResourceLimits } from "node:worker_threads";
import { startThread, type ThreadEnd, type WorkerThread } from "../workers/index.ts";
import { ParcelPort } from "./parcels.ts";
import { type Assignment, type Duties, workerEntry } from "./worker-entry.ts";

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
export const recruitThread: Recruit = ({ duties, ...start }) => {
  const { port1, port2 } = new MessageChannel();
  const data: Assignment = { ...duties, side: port2 };
  return {
    thread: startThread({ ...start, entry: workerEntry(), data, transferList: [port2] }),
    parcels: new ParcelPort(port1),
  };
};
