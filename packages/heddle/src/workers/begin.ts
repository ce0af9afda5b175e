/**
 * How every worker of the toolkit begins, and ends.
 *
 * @packageDocumentation
 */
import { workerThreads } from "#heap";
import { storedValues } from "../sync/index.ts";
import { hearOfSharedBuffers, loadHandlesBy } from "../wire/index.ts";
import { hideCompileCache } from "./compile-cache.ts";
import type { Beginning } from "./entry.ts";
import { beginAs, coreOf, letGoOfProgram } from "./threads/here.ts";
import { How, OWN, type ThreadCore } from "./threads/thread-core.ts";
import { DETACHED, stayForChildren } from "./threads/worker-thread.ts";

let isDetached = false;

/**
 * This worker has done its work. If it has started threads that are not gone, it stays for them, without anybody waiting for it;
 * and tells whether it does.
 */
export function stayDetached(core: ThreadCore): boolean {
  if (!stayForChildren()) return false;
  if (isDetached) return true;
  isDetached = true;
  letGoOfProgram(core);
  workerThreads().parentPort!.postMessage(DETACHED);
  return true;
}

/**
 * Begins the work of this worker, which is one of the threads of the process from now on.
 *
 * @param run - Called with what the worker was given. The worker ends when nothing is left to do in it, and no thread runs
 * that it has started.
 */
export function begin<T>({ thread, data }: Beginning<T>, run: (data: T, core: ThreadCore) => void): void {
  hideCompileCache();
  // Whoever has started it has given it up.
  if (!beginAs(thread)) process.exit();
  const core = coreOf(thread);
  let uncaught: { readonly error: unknown } | undefined;
  let isStarved = false;
  process.on("uncaughtExceptionMonitor", (error) => {
    // Where somebody handles it, the thread goes on.
    if (process.listenerCount("uncaughtException") === 0) uncaught = { error };
  });
  process.on("beforeExit", () => {
    const hasEnded = !core.has(OWN) || core.how !== 0;
    isStarved = hasEnded ? !stayDetached(core) : !stayForChildren();
  });
  process.on("exit", (code) => {
    if (core.how !== 0 || !core.has(OWN)) core.end(How.EXITED);
    else if (uncaught !== undefined) core.end(How.THREW, store(uncaught.error));
    else if (isStarved) core.end(How.STARVED);
    else core.end(How.EXITED, store(code));
    letGoOfProgram(core);
  });
  hearOfSharedBuffers();
  loadHandlesBy(() =>
    Promise.all([import("../sync/index.ts"), import("../queues/index.ts"), import("./index.ts")]),
  );
  run(data, core);
}

function store(value: unknown): number {
  try {
    return storedValues().store(value, "error");
  } catch {
    return 0;
  }
}
