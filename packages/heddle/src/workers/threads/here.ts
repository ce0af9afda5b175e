/**
 * The thread that runs this, among all threads of the process.
 *
 * @packageDocumentation
 */
import { type Heap, isWorkerThread, nativeThreadId, workerThreads } from "#heap";
import { nameThreadsBy, thisThread, threadEnded, type ThisThread } from "../../sync/index.ts";
import { findRoster, Roster } from "./roster.ts";
import type { ThreadInfo } from "./thread-info.ts";
import { KEEPS, letGoOf, makeThread, OWN, ThreadCore } from "./thread-core.ts";

/** Often enough for who waits for what nobody tells. */
const LOOK_MS = 1000;

/** What threads are known by here. */
export interface Here {
  readonly heap: Heap;
  readonly roster: Roster;
  readonly thread: ThisThread;
}

let known: Here | undefined;
/** The record of this thread; 0 while it has none. */
let own = 0;

export function here(): Here {
  if (known === undefined) {
    const thread = thisThread();
    const roster = new Roster(thread.heap, thread.monitor, findRoster(thread.heap));
    known = { heap: thread.heap, roster, thread };
    if (!isWorkerThread) process.on("beforeExit", stay);
  }
  return known;
}

/** What a handle for a thread is made by: says the module of the class, which everything else stands below. */
let handleOf: (thread: number) => ThreadInfo;

export function makeHandlesBy(make: (thread: number) => ThreadInfo): void {
  handleOf = make;
}

/** This thread's handle for a thread. */
export function infoOf(thread: number): ThreadInfo {
  return handleOf(thread);
}

/** A thread of the process, as this one sees it. */
export function coreOf(thread: number, operation?: string): ThreadCore {
  return new ThreadCore(here().thread.monitor, thread, operation);
}

nameThreadsBy(({ threadId, nativeId }) => {
  if (known === undefined) return undefined;
  let found: { name: string; threadId: number } | undefined;
  known.roster.forEach((record) => {
    const core = coreOf(record);
    const isIt = threadId >= 0 ? core.threadId === threadId : nativeId !== 0 && core.nativeId === nativeId;
    if (isIt) found = { name: core.readName(known!.heap), threadId: core.threadId };
  });
  return found;
});

/** The record of this thread. One that the toolkit did not start gets it now. */
export function ownThread(): number {
  if (own === 0) own = isWorkerThread ? enrolSelf() : here().roster.main;
  return own;
}

/** Says that this thread is one that was started as `thread`. False if it is over, and nobody waits for it. */
export function beginAs(thread: number): boolean {
  own = thread;
  return coreOf(thread).begin(workerThreads().threadId, nativeThreadId());
}

function enrolSelf(): number {
  const { heap, roster } = here();
  const { threadId, threadName } = workerThreads() as { threadId: number; threadName?: string };
  const thread = makeThread(heap, threadName || `worker-${threadId}`, 0);
  const core = coreOf(thread);
  core.start();
  core.begin(threadId, nativeThreadId());
  roster.add(thread);
  letGoOf(heap, thread);
  return thread;
}

/** Whether there are threads that a thread has started by a `Thread`, and that are not gone. */
export function hasStarted(identity: number): boolean {
  let isOne = false;
  here().roster.forEach((thread) => {
    const core = coreOf(thread);
    isOne ||= core.has(OWN) && core.starter === identity;
  });
  return isOne;
}

/**
 * Sees to threads that nobody tells of any more: those that were started by threads that have ended, and those that the
 * toolkit has not started. Node ends a thread with all that it has started.
 */
export function buryOrphans(): void {
  const { roster, thread } = here();
  const { seats } = thread.monitor;
  for (let found = true; found;) {
    found = false;
    roster.forEach((record) => {
      if (record === roster.main) return;
      const core = coreOf(record);
      if (core.starter === 0 || seats.isSeated(core.starter)) return;
      if (core.threadId >= 0) threadEnded(core.threadId);
      core.noticeDeath();
      letGoOfProgram(core);
      roster.remove(record);
      found = true;
    });
  }
}

/** The program need not wait for a thread any more. */
export function letGoOfProgram(core: ThreadCore): void {
  if (core.mark(KEEPS, false)) here().roster.noteChange();
}

/** The main thread has nothing left to do. Threads may, that were started by others which have ended, or are daemons. */
function stay(): void {
  if (!isAnyKept()) return;
  const { roster } = here();
  const keepAlive = setInterval(() => {}, LOOK_MS);
  const wait = async (): Promise<void> => {
    for (let seen = roster.changes; isAnyKept(); seen = roster.changes) {
      await roster.nextChange(seen, LOOK_MS);
      buryOrphans();
    }
    clearInterval(keepAlive);
  };
  void wait();
}

function isAnyKept(): boolean {
  let isKept = false;
  here().roster.forEach((thread) => (isKept ||= coreOf(thread).has(KEEPS)));
  return isKept;
}
