/**
 * How a worker of a pool begins, and what it is started from.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, type MessagePort, parentPort, workerData } from "node:worker_threads";
import { threadHeap } from "#heap";
import { functionTable } from "../portable/index.ts";
import { hearOfSharedBuffers, loadHandlesBy } from "../wire/index.ts";
import { Board, type BoardLocation } from "./board.ts";
import { ParcelPort } from "./parcels.ts";
import { WorkerLoop } from "./worker-loop.ts";

/** What a worker is given. */
export interface Assignment {
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
  /** Where side items come and go. */
  side: MessagePort;
  /** See {@link takeOver}. */
  bundled: boolean;
}

/** What a worker posts to its pool when it is about to look for work. What runs in it may post other things. */
export const READY = "heddle.ready";

/** What a worker posts that takes no more work, as it has run as many calls as it may, or holds as much memory. */
export const RETIRES = "heddle.retires";
/** The pool tells a worker to take no more work, and to say so when it has done what it has. */
export const LEAVE = "heddle.leave";
/** What a worker answers when it runs nothing any more. */
export const LEFT = "heddle.left";

/** Runs calls until the pool says to stop. */
export function runWorker({ board, side, ...options }: Assignment): void {
  const parcels = new ParcelPort(side);
  const loop = new WorkerLoop(new Board(threadHeap(), board), functionTable(), {
    ...options,
    parcels,
    onRetire: () => parentPort!.postMessage(RETIRES),
  });
  // The listener keeps the thread alive; without it the thread ends when nothing else holds it.
  parentPort!.on("message", (message) => {
    if (message === LEAVE) return loop.leave(() => parentPort!.postMessage(LEFT));
    parentPort!.close();
    parcels.close();
  });
  hearOfSharedBuffers();
  loadHandlesBy(() =>
    Promise.all([import("../sync/index.ts"), import("../queues/index.ts"), import("../workers/index.ts")]),
  );
  parentPort!.postMessage(READY);
  loop.start();
}

/** This file; or the bundle that it has become a part of. A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const separate = new URL(here.pathname.endsWith(".ts") ? "./heddle-worker.ts" : "./heddle-worker.js", here);

/** The module that workers run, and whether it is a bundle with the user's program in it. */
export function workerEntry(): { entry: URL; bundled: boolean } {
  const bundled = !existsSync(fileURLToPath(separate));
  return { entry: bundled ? here : separate, bundled };
}

/**
 * In a bundle, workers run the bundle itself. Its modules are evaluated in order, this one before the program that
 * imports it: here the worker begins its work, and keeps the program from being run by an error that it catches.
 */
function takeOver(assignment: Assignment): never {
  const stop = new Error("A worker of heddle has taken over");
  const onError = (error: unknown): void => {
    process.off("uncaughtException", onError);
    if (error !== stop) throw error;
  };
  process.on("uncaughtException", onError);
  runWorker(assignment);
  throw stop;
}

if (!isMainThread && (workerData as Partial<Assignment> | null)?.bundled === true)
  takeOver(workerData as Assignment);
