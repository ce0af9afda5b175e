/** Bare `worker_threads` for the contenders that bring none of their own: functions called by name, one message a call. */
import { once } from "node:events";
import { parentPort, Worker } from "node:worker_threads";
import type { Transferable } from "node:worker_threads";

interface Reply {
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Threads that all run one module, which calls {@link serveCalls}. */
export class BareThreads {
  readonly #threads: readonly Worker[];

  private constructor(threads: readonly Worker[]) {
    this.#threads = threads;
  }

  /** Starts the threads, and waits until all of them listen. */
  static async start(module: URL, count: number): Promise<BareThreads> {
    const threads = Array.from({ length: count }, () => new Worker(module));
    await Promise.all(threads.map((thread) => once(thread, "message")));
    return new BareThreads(threads);
  }

  /** Calls a function on thread `index`, which must have nothing else to do. */
  async call<T>(
    index: number,
    method: string,
    args: readonly unknown[],
    transfer: readonly Transferable[] = [],
  ): Promise<T> {
    const thread = this.#threads[index]!;
    thread.postMessage({ method, args }, transfer);
    const [{ result, error }] = (await once(thread, "message")) as [Reply];
    if (error !== undefined) throw error;
    return result as T;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

/** The thread's side. */
export function serveCalls(methods: Readonly<Record<string, (...args: never[]) => Promise<unknown>>>): void {
  parentPort!.on("message", ({ method, args }: { method: string; args: never[] }) => {
    methods[method]!(...args).then(
      (result) => parentPort!.postMessage({ result }),
      (error: unknown) => parentPort!.postMessage({ error }),
    );
  });
  parentPort!.postMessage("ready");
}
