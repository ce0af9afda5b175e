/**
 * What runs in a process of its own: the function that it was given, and what becomes of it.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import type { SharedHeap } from "#heap";
import { bindingsOf, type Carried, ToldScope } from "../../scopes/index.ts";
import { storedValuesIn } from "../../sync/objects/index.ts";
import { findEntry, type WorkerEntry } from "../entry.ts";
import { HOW, NO_REASON, OUTCOME, ProcessHow, type ProcessTask, REASON } from "./process-desk.ts";
import { endQuickly } from "./quick-end.ts";
import { beginProcess, takeOverProcessAs } from "./worker-process.ts";

/** A bundle of CommonJS form has no `import.meta.url`. */
export const hereUrl: URL = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const NAME = "heddle-own-process";

/** The module that processes run. */
export function processEntry(): WorkerEntry {
  return findEntry(hereUrl, NAME);
}

/** Runs the process that this one is. */
export function runOwnProcess(): void {
  beginProcess((task, heap) => void run(task as ProcessTask, heap));
}

/** What crosses to a process: its function, its arguments, and the values of context variables. */
export type ProcessCall = readonly [target: Function, args: readonly unknown[], carried: Carried];

async function run({ name, desk, call }: ProcessTask, heap: SharedHeap): Promise<void> {
  const stored = storedValuesIn(heap);
  endQuickly();
  process.title = name;
  const scope = new ProcessScope(heap, desk + REASON);
  let how: number = ProcessHow.RETURNED;
  let outcome: unknown;
  try {
    const [target, args, carried] = (await stored.takeAsync(call)) as ProcessCall;
    scope.listen();
    if (scope.isCancelled) throw scope.reason;
    outcome = await scope.call(bindingsOf(carried), () => target(...args) as unknown);
  } catch (error) {
    how = ProcessHow.THREW;
    outcome = error;
  }
  scope.close();
  tellOutcome(heap, desk, how, outcome);
}

/** Tells the owner what came of the function: what it gave, or else threw. */
export function tellOutcome(heap: SharedHeap, desk: number, how: number, outcome: unknown): void {
  const stored = storedValuesIn(heap);
  // As for an error that nobody catches; what is still to be done here is done.
  if (how === ProcessHow.THREW) process.exitCode = 1;
  try {
    heap.store(desk + OUTCOME, stored.store(outcome, how === ProcessHow.RETURNED ? "result" : "error") | 0);
  } catch (error) {
    how = ProcessHow.THREW;
    process.exitCode = 1;
    heap.store(desk + OUTCOME, stored.store(error, "error") | 0);
  }
  heap.store(desk + HOW, how);
}

/** The scope of all that a process does: cancelled when it is interrupted. */
export class ProcessScope extends ToldScope {
  readonly #words: SharedHeap;
  readonly #reason: number;

  constructor(heap: SharedHeap, reason: number) {
    super(heap, reason);
    this.#words = heap;
    this.#reason = reason;
  }

  override get reasonTold(): unknown {
    const stored = this.#words.load(this.#reason) >>> 0;
    if (stored === NO_REASON) return new DOMException("The process was interrupted", "AbortError");
    return storedValuesIn(this.#words).readSync(stored);
  }
}

takeOverProcessAs(NAME, runOwnProcess);
