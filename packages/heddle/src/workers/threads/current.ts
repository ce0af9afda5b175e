/**
 * Which threads there are.
 *
 * @packageDocumentation
 */
import { declareEverywhere } from "../../portable/index.ts";
import { buryOrphans, here, infoOf, ownThread } from "./here.ts";
import type { ThreadInfo } from "./thread-info.ts";

/**
 * The thread that this code runs in.
 *
 * @example
 * ```ts
 * import { currentThread, Thread } from "heddle";
 *
 * const thread = new Thread(() => currentThread().name, { name: "reader" }).start();
 * await thread.result; // => "reader"
 * currentThread().name; // => "main"
 * ```
 */
export function currentThread(): ThreadInfo {
  return infoOf(ownThread());
}

/** The thread that the process began with. */
export function mainThread(): ThreadInfo {
  return infoOf(here().roster.main);
}

/**
 * All threads of the process that are alive, in the order in which they were started: the main thread, every `Thread` wherever
 * it was started, the workers of pools, and workers of others that have asked who they are. The same objects each time.
 */
export function threads(): ThreadInfo[] {
  ownThread();
  buryOrphans();
  const all: ThreadInfo[] = [];
  here().roster.forEach((thread) => {
    const handle = infoOf(thread);
    if (handle.isAlive) all.push(handle);
  });
  return all;
}

// Where Heddle is part of a bundle, threads have the same functions.
for (const [name, fn] of Object.entries({ currentThread, mainThread, threads })) declareEverywhere(name, fn);
