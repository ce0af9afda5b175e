/**
 * Who holds something, for statistics.
 *
 * @packageDocumentation
 */
import { type JoinedHeap, type Whereabouts, workerThreads } from "#heap";

/** The thread that holds something. */
export interface ThreadHolder {
  /** `"main"`, the name that the thread was given, or `thread-` and its number; of another process: `process-` and its number. */
  readonly name: string;
  /** As `threadId` of `node:worker_threads`; `undefined` in another process. */
  readonly threadId: number | undefined;
  readonly processId: number;
}

/** What is known of a thread of this process; a `threadId` or `nativeId` that is not known is left out of account. */
type FindThread = (where: Whereabouts) => { readonly name: string; readonly threadId: number } | undefined;

let findThread: FindThread = () => undefined;

/** Says what the threads of this process are called, for who knows that. */
export function nameThreadsBy(find: FindThread): void {
  findThread = find;
}

/** The thread of an identity in a heap; `undefined` for none that is alive. */
export function holderIn(heap: JoinedHeap, identity: number): ThreadHolder | undefined {
  const where = identity === 0 ? undefined : heap.whereabouts(identity);
  if (where === undefined) return undefined;
  const { processId } = where;
  if (processId !== process.pid) return { name: `process-${processId}`, threadId: undefined, processId };
  const isOwn = identity === heap.identity;
  const known = findThread(isOwn ? { ...where, threadId: workerThreads().threadId } : where);
  let threadId = known?.threadId ?? (isOwn ? workerThreads().threadId : where.threadId);
  // The main thread of a process has its number.
  if (threadId < 0 && where.nativeId === processId) threadId = 0;
  const number = threadId < 0 ? undefined : threadId;
  const name = known?.name ?? (number === 0 ? "main" : `thread-${number ?? where.nativeId}`);
  return { name, threadId: number, processId };
}
