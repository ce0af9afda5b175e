/**
 * How a worker of a pool begins, and what it is started from.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { type MessagePort, parentPort } from "node:worker_threads";
import { type JoinedHeap, threadHeap } from "#heap";
import { functionTableIn } from "../../portable/index.ts";
import {
  begin,
  type Beginning,
  findEntry,
  stayDetached,
  takeOverAs,
  type ThreadCore,
  type WorkerEntry,
} from "../../workers/index.ts";
import { Board, type BoardLocation } from "../board/board.ts";
import { FLUSH, flushOutput } from "./exit-flush.ts";
import { ParcelPort } from "../board/parcels.ts";
import { postOutput } from "./task-output.ts";
import { WorkerCores } from "./worker-cores.ts";
import { WorkerLoop } from "./worker-loop.ts";

/** What a worker has to do. */
export interface Duties {
  board: BoardLocation;
  /** Its number in the pool. */
  worker: number;
  /** How many calls may be under way in it at once. */
  concurrency: number;
  /** The first call pinned to it is the pool's initializer: nothing else runs before that has succeeded. */
  initialize: boolean;
  /** After so many calls it retires, */
  maxTasks: number;
  /** and after a call that leaves it with more memory than this. */
  maxMemoryBytes: number;
  /** What is printed in it is posted to the pool. */
  postsOutput: boolean;
}

/** What a thread is given. */
export interface Assignment extends Duties {
  /** Where side items come and go. */
  side: MessagePort;
}

/** What a worker posts to its pool when it is about to look for work. What runs in it may post other things. */
export const READY = "heddle.ready";

/** What a worker posts that takes no more work, as it has run as many calls as it may, or holds as much memory. */
export const RETIRES = "heddle.retires";
/** The pool tells a worker to take no more work, and to say so when it has done what it has. */
export const LEAVE = "heddle.leave";
/** The pool tells a worker that it has asked calls to stop which may wait there. */
export const HEAR = "heddle.hear";
/** The pool asks a worker whether its event loop turns, */
export const ASK = "heddle.ask";
/** and the worker answers. */
export const ANSWER = "heddle.answer";
/** What a worker answers that was told to leave, when it runs nothing any more. */
export const LEFT = "heddle.left";

/** Runs calls until the pool says to stop. */
export function runWorker(beginning: Beginning<Assignment>): void {
  begin(beginning, serve);
}

function serve({ side, ...duties }: Assignment, core: ThreadCore): void {
  const parcels = new ParcelPort(side);
  const pool: PoolLink = {
    heap: threadHeap(),
    parcels,
    tell: (message) => parentPort!.postMessage(message),
    // The listener keeps the thread alive; without it the thread ends when nothing else holds it.
    listen: (onMessage) => parentPort!.on("message", onMessage),
    leave() {
      stayDetached(core);
      // Without closing it: it may have to pass on the errors of threads that it has started.
      parentPort!.unref();
      parcels.close();
    },
  };
  work(duties, pool);
}

/** A worker's way to its pool. */
export interface PoolLink {
  readonly heap: JoinedHeap;
  readonly parcels: ParcelPort;
  tell(message: unknown): void;
  listen(onMessage: (message: unknown) => void): void;
  /** Lets the worker end, when nothing else holds it. */
  leave(): void;
}

/** Runs calls until the pool says to stop. */
export function work({ board, postsOutput, ...options }: Duties, pool: PoolLink): void {
  if (postsOutput) postOutput((message) => pool.tell(message));
  const { heap, parcels } = pool;
  const place = new Board(heap, board);
  const loop = new WorkerLoop(place, functionTableIn(heap), {
    ...options,
    parcels,
    cores: new WorkerCores(heap, place),
    onRetire: () => pool.tell(RETIRES),
  });
  pool.listen((message) => {
    if (message === HEAR) loop.hear();
    else if (message === ASK) pool.tell(ANSWER);
    else if (message === FLUSH) void flushOutput().then((answer) => pool.tell(answer));
    else if (message === LEAVE) loop.leave(() => pool.tell(LEFT));
    else pool.leave();
  });
  pool.tell(READY);
  loop.start();
}

/** A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const NAME = "heddle-worker";

/** The module that workers run. */
export function workerEntry(): WorkerEntry {
  return findEntry(here, NAME);
}

takeOverAs<Assignment>(NAME, runWorker);
