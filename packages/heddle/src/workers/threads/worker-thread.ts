/**
 * One worker thread: started, told to stop, ended, and reported when it is gone. All threads of the toolkit are started here.
 *
 * @packageDocumentation
 */
import { existsSync, readdirSync } from "node:fs";
import type { ResourceLimits, Transferable, Worker } from "node:worker_threads";
import { workerThreads } from "#heap";
import { threadEnded, whileBlocked } from "../../sync/index.ts";
import { workerEnvironment } from "../compile-cache.ts";
import type { Beginning, WorkerEntry } from "../entry.ts";
import { buryOrphans, coreOf, hasStarted, here, letGoOfProgram } from "./here.ts";
import { DAEMON, How, KEEPS, letGoOf, makeThread, type ThreadCore } from "./thread-core.ts";
import { storeError } from "./thread-outcome.ts";
import { hearUncaught, isUncaught } from "./uncaught.ts";

/** A worker that was told to stop has so long to leave by itself, so that what it printed gets out. */
const LEAVE_MS = 100;

/** What a worker posts when it has done its work, and only stays for threads that it has started. */
export const DETACHED = "heddle.detached";

/** What a worker is started with. */
export interface ThreadStart {
  entry: WorkerEntry;
  name: string;
  /** Its record, which was not started. Absent: it serves others, and the program does not wait for it. */
  thread?: number;
  /** Given to the module. */
  data: unknown;
  transferList: readonly Transferable[];
  resourceLimits: ResourceLimits | undefined;
  /** Called once, when it works no more. What it held in the heap is given up after that. */
  onEnd: (end: ThreadEnd) => void;
  /** What the worker posts to its parent. */
  onMessage: (message: unknown) => void;
}

/** How a thread, or a process, ended. */
export interface ThreadEnd {
  exitCode?: number | undefined;
  /** The signal that ended a process. */
  signal?: NodeJS.Signals | undefined;
  /** The uncaught error that ended it, or what `terminate` was given. */
  cause?: unknown;
}

/** A thread that was started. */
export interface WorkerThread {
  /** Tells it something, which is not `"stop"`. */
  post(message: string): void;
  /** Tells it to stop taking work; ends it if it has not left soon. Resolves when it works no more. */
  stop(): Promise<void>;
  /** Ends it now, whatever it does. Resolves when it is gone. */
  terminate(cause?: unknown): Promise<void>;
}

/**
 * Starts a worker. It is among the threads of the process from now on, until it is gone.
 *
 * @throws What `Worker` throws. Nothing was started then.
 */
export function startThread(start: ThreadStart): WorkerThread {
  return new StartedThread(start);
}

/** Those that were started here and are not gone. */
const children = new Set<StartedThread>();
let isLooking = false;

/** From now on what blocks this thread looks after them. */
function lookAfterChildren(): void {
  if (isLooking) return;
  isLooking = true;
  whileBlocked({
    look() {
      for (const child of children) child.look();
    },
  });
}

/** Keeps this thread, which has nothing left to do, for those it has started; Node would end them with it. Tells whether there are any. */
export function stayForChildren(): boolean {
  let areThere = false;
  for (const child of children) areThere = child.keep() || areThere;
  return areThere;
}

/** Of a file of a bundle, in which the toolkit is wrapped in what nobody there calls. */
const NO_ENTRY =
  "was run in the worker and began nothing of heddle; leave heddle out of the bundle, or put its package beside it";

class StartedThread implements WorkerThread {
  readonly #start: ThreadStart;
  readonly #thread: number;
  readonly #core: ThreadCore;
  readonly #worker: Worker;
  readonly #threadId: number;
  /** One of these is the operating system's number of it. */
  readonly #natives: readonly string[];
  readonly #gone = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();
  #end: Partial<ThreadEnd> = {};
  #hasLeft = false;

  constructor(start: ThreadStart) {
    this.#start = start;
    this.#thread = start.thread ?? makeThread(here().heap, start.name, DAEMON);
    this.#core = coreOf(this.#thread);
    this.#core.start();
    here().roster.add(this.#thread);
    const before = new Set(nativeThreads());
    try {
      this.#worker = this.#startWorker();
    } catch (error) {
      this.#core.unstart();
      here().roster.remove(this.#thread);
      throw error;
    } finally {
      if (start.thread === undefined) letGoOf(here().heap, this.#thread);
    }
    this.#natives = nativeThreads().filter((id) => !before.has(id));
    this.#threadId = this.#worker.threadId;
    this.#core.threadId = this.#threadId;
    this.#worker.on("error", (cause) => (this.#end = { cause, ...this.#end }));
    this.#worker.on("exit", (exitCode) => this.#onGone(exitCode));
    this.#worker.on("message", (message) => this.#hear(message));
    if (!this.#core.has(KEEPS)) this.#worker.unref();
    children.add(this);
    lookAfterChildren();
    if (start.thread !== undefined) this.#obey();
  }

  post(message: string): void {
    this.#worker.postMessage(message);
  }

  async terminate(cause?: unknown): Promise<void> {
    if (cause !== undefined) this.#end = { cause };
    // The program must not end before the worker has: its exit is what settles what it ran.
    this.#worker.ref();
    void this.#worker.terminate();
    await this.#gone.promise;
  }

  async stop(): Promise<void> {
    this.#worker.ref();
    this.#worker.postMessage("stop");
    const end = (): void => {
      // Node would end with it what it has started; it is about to say that it stays for that.
      if (hasStarted(this.#core.identity)) timer = setTimeout(end, LEAVE_MS);
      else void this.#worker.terminate();
    };
    let timer = setTimeout(end, LEAVE_MS);
    await this.#left.promise;
    clearTimeout(timer);
  }

  /** Keeps this thread for as long as that one runs, if it is one that runs for its own sake. */
  keep(): boolean {
    if (this.#start.thread === undefined) return false;
    this.#worker.ref();
    return true;
  }

  /** This thread blocks, and so hears nothing of that one. */
  look(): void {
    if (this.#core.isToBeTerminated) void this.#worker.terminate();
    // One that has begun is known by its seat.
    if (this.#core.identity !== 0 || this.#natives.length === 0) return;
    if (this.#natives.every((id) => !existsSync(`/proc/self/task/${id}`))) this.#core.end(How.DIED);
  }

  /** Another thread may say that it is to be terminated. */
  #obey(): void {
    const { heap } = here();
    if (!children.has(this)) return;
    const outcome = heap.waitAsync(this.#core.ordersWord, 0);
    if (typeof outcome === "string") void this.#worker.terminate();
    else void outcome.then(() => this.#obey());
  }

  #startWorker(): Worker {
    const { entry, name, data, transferList, resourceLimits } = this.#start;
    const { module, bundledAs } = entry;
    const beginning: Beginning<unknown> = { thread: this.#thread, bundledAs, data };
    // Workers inherit the flags of the process, and with this one they take a program as text only.
    const asText = process.execArgv.some((flag) => flag.startsWith("--input-type"));
    return new (workerThreads().Worker)(asText ? `import(${JSON.stringify(module.href)})` : module, {
      eval: asText,
      name,
      workerData: beginning,
      env: workerEnvironment(),
      transferList: [...transferList],
      ...(resourceLimits && { resourceLimits }),
    });
  }

  #hear(message: unknown): void {
    if (message === DETACHED) {
      this.#worker.unref();
      this.#leave(0);
    } else if (isUncaught(message)) void hearUncaught(message);
    else this.#start.onMessage(message);
  }

  #leave(exitCode: number): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#start.onEnd({ ...this.#end, exitCode });
    this.#left.resolve();
  }

  #onGone(exitCode: number): void {
    children.delete(this);
    this.#core.letGoOfOrders();
    const { module, bundledAs } = this.#start.entry;
    const hasBegun = this.#core.how !== 0 || this.#core.identity !== 0;
    if (bundledAs !== undefined && exitCode === 0 && !hasBegun)
      this.#end = { cause: new Error(`${module.pathname} ${NO_ENTRY}`), ...this.#end };
    if (this.#core.how === 0) {
      const cause = "cause" in this.#end ? storeError(this.#end.cause) : 0;
      this.#core.bury(cause);
    }
    this.#leave(exitCode);
    threadEnded(this.#threadId);
    letGoOfProgram(this.#core);
    here().roster.remove(this.#thread);
    buryOrphans();
    this.#gone.resolve();
  }
}

/** The operating system's numbers of all threads of the process; none where they cannot be known. */
function nativeThreads(): string[] {
  try {
    return readdirSync("/proc/self/task");
  } catch {
    return [];
  }
}
