/**
 * What runs in a thread of its own: the function that it was given, and what becomes of it.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { workerThreads } from "#heap";
import { functionTable } from "../../portable/index.ts";
import { bindingsOf, type Carried, ToldScope } from "../../scopes/index.ts";
import { storedValues } from "../../sync/index.ts";
import { type FunctionRecord, NotLoadedError, type Packet, WireError } from "../../wire/index.ts";
import { begin } from "../begin.ts";
import { type Beginning, findEntry, type WorkerEntry } from "../entry.ts";
import { interruption } from "../errors.ts";
import { here } from "./here.ts";
import { pack, unpack } from "../packets.ts";
import { How, type ThreadCore } from "./thread-core.ts";
import { storeError } from "./thread-outcome.ts";

/** What a thread is given to do. */
export interface ThreadTask {
  readonly name: string;
  readonly target: FunctionRecord;
  /** The arguments, and the values of context variables. */
  readonly packet: Packet;
}

/** What a thread posts when it has what it was given. */
export const BEGUN = "heddle.begun";
/** And when it has ended. */
export const ENDED = "heddle.ended";

/** What it posts before it ends, when its value can only go through a port. */
export interface Aside {
  readonly kind: "heddle.aside";
  readonly packet: Packet;
}

/** Longer than any program runs. */
const FOR_EVER_MS = 2 ** 30;

/** A bundle of CommonJS form has no `import.meta.url`. */
const hereUrl = new URL(import.meta.url ?? pathToFileURL(__filename).href);
/** Of the module that threads run. */
export const THREAD_NAME = "heddle-thread";

/** The module that threads run. */
export function threadEntry(): WorkerEntry {
  return findEntry(hereUrl, THREAD_NAME);
}

/** Runs the thread that this worker is. */
export function runThread(beginning: Beginning<ThreadTask>): void {
  begin(beginning, (task, core) => void run(task, core));
}

async function run(task: ThreadTask, core: ThreadCore): Promise<void> {
  const scope = new ThreadScope(core, task.name);
  let how: How = How.RETURNED;
  let outcome: unknown;
  try {
    const { target, args } = await receive(task);
    workerThreads().parentPort!.postMessage(BEGUN);
    const values = bindingsOf(args.pop() as Carried);
    scope.listen();
    if (scope.isCancelled) throw scope.reason;
    outcome = await scope.call(values, () => target(...args));
  } catch (error) {
    how = scope.isItsCancellation(error) ? How.INTERRUPTED : How.THREW;
    outcome = error;
  }
  scope.close();
  finish(core, how, outcome);
  workerThreads().parentPort!.postMessage(ENDED);
}

/** What it was given, when all that belongs to that is here. */
async function receive(task: ThreadTask): Promise<{ target: Function; args: unknown[] }> {
  // Shared memory comes by a port that keeps no thread alive.
  const keepAlive = setInterval(() => {}, FOR_EVER_MS);
  try {
    const args = (await unpack(task.packet)) as unknown[];
    return { target: await resolve(task.target), args };
  } finally {
    clearInterval(keepAlive);
  }
}

async function resolve({ address, serial }: FunctionRecord): Promise<Function> {
  for (;;) {
    try {
      return functionTable().resolveFunction(address, serial);
    } catch (error) {
      if (!(error instanceof NotLoadedError)) throw error;
      await error.ready;
    }
  }
}

function finish(core: ThreadCore, how: How, outcome: unknown): void {
  try {
    core.end(how, storedValues().store(outcome, how === How.RETURNED ? "result" : "error"));
  } catch (error) {
    // It may be something that only a port can carry, or nothing can.
    if (how === How.RETURNED && error instanceof WireError && sendAside(outcome))
      core.end(How.RETURNED_ASIDE);
    else core.end(How.THREW, storeError(error));
  }
}

function sendAside(value: unknown): boolean {
  try {
    const { packet, transferList } = pack(value, "result");
    workerThreads().parentPort!.postMessage({ kind: "heddle.aside", packet } satisfies Aside, transferList);
    return true;
  } catch {
    return false;
  }
}

/** The scope of all that a thread does: cancelled when it is interrupted. */
class ThreadScope extends ToldScope {
  readonly #core: ThreadCore;
  readonly #name: string;

  constructor(core: ThreadCore, name: string) {
    super(here().heap, core.reasonWord);
    this.#core = core;
    this.#name = name;
  }

  override get reasonTold(): unknown {
    const { reason } = this.#core;
    if (reason === 0) return interruption(this.#name);
    try {
      return storedValues().readSync(reason);
    } catch (cause) {
      return interruption(this.#name, cause);
    }
  }
}
