/**
 * One worker thread: started, told to stop, ended, and reported when it is gone.
 *
 * @packageDocumentation
 */
import { threadEnded } from "../sync/index.ts";
import { Worker, type ResourceLimits, type Transferable } from "node:worker_threads";

/** A worker that was told to stop has so long to leave by itself, so that what it printed gets out. */
const LEAVE_MS = 100;

/** What a worker is started with. */
export interface ThreadStart {
  /** The module that it runs. */
  entry: URL;
  name: string;
  /** Given to the module as `workerData`. */
  data: unknown;
  transferList: Transferable[];
  resourceLimits: ResourceLimits | undefined;
  /** Called once, when nothing runs in it any more. What it held in the heap is given up after that. */
  onEnd: (end: ThreadEnd) => void;
  /** What the worker posts to its parent. */
  onMessage: (message: unknown) => void;
}

/** How a thread ended. */
export interface ThreadEnd {
  exitCode: number;
  /** The uncaught error that ended it, or what `terminate` was given. */
  cause?: unknown;
}

/** A thread that was started. It never keeps the program alive by itself. */
export interface WorkerThread {
  /** Tells it something, which is not `"stop"`. */
  post(message: string): void;
  /** Tells it to stop taking work; ends it if it has not left soon. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it now, whatever it does. Resolves when it is gone. */
  terminate(cause: unknown): Promise<void>;
}

export function startThread(start: ThreadStart): WorkerThread {
  // Workers inherit the flags of the process, and with this one they take a program as text only.
  const asText = process.execArgv.some((flag) => flag.startsWith("--input-type"));
  const worker = new Worker(asText ? `import(${JSON.stringify(start.entry.href)})` : start.entry, {
    eval: asText,
    name: start.name,
    workerData: start.data,
    transferList: start.transferList,
    ...(start.resourceLimits && { resourceLimits: start.resourceLimits }),
  });
  const { threadId } = worker;
  let end: Partial<ThreadEnd> = {};
  const gone = new Promise<void>((resolve) => {
    worker.on("error", (cause) => (end = { cause, ...end }));
    worker.on("exit", (exitCode) => {
      start.onEnd({ ...end, exitCode });
      threadEnded(threadId);
      resolve();
    });
  });
  worker.on("message", start.onMessage);
  worker.unref();

  const terminate = async (cause: unknown): Promise<void> => {
    end = { cause };
    // The program must not end before the worker has: its exit is what settles the calls it ran.
    worker.ref();
    await worker.terminate();
    await gone;
  };
  return {
    terminate,
    post: (message) => worker.postMessage(message),
    async stop() {
      worker.ref();
      worker.postMessage("stop");
      const timer = setTimeout(() => void worker.terminate(), LEAVE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
