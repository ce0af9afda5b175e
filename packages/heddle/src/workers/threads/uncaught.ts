/**
 * Errors that ended a thread, and that nobody asks for.
 *
 * They go to the handlers of the thread that has started it; else up to those of the thread that has started that one, and so
 * on. Where there are none at all, the main thread throws them, outside of everything.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { isWorkerThread, workerThreads } from "#heap";
import type { Packet } from "../../wire/index.ts";
import { here } from "./here.ts";
import { pack, unpack } from "../packets.ts";
import type { ThreadInfo } from "./thread-info.ts";
import { snapshotOf } from "./thread-info.ts";

/** An error that ended a thread. */
export interface UncaughtError {
  readonly thread: ThreadInfo;
  readonly error: unknown;
}

type Handler = (uncaught: UncaughtError) => void;

/** The same one may be there twice. */
const handlers = new Set<{ readonly handler: Handler }>();

/**
 * From now on, `handler` is told of each error that ends a thread started by this one, and that nobody has asked for: whose
 * `result` was not read. In the main thread, also of those that no other thread has handlers for.
 *
 * Without a handler, such an error is thrown where the thread is joined; if nobody does that either, the program ends
 * with it, as with an uncaught exception. What a handler throws does the same.
 *
 * @returns Dispose of it to have the handler told no more.
 *
 * @example
 * ```ts
 * import { onUncaught, Thread } from "heddle";
 *
 * const seen: string[] = [];
 * using _handler = onUncaught(({ thread, error }) => seen.push(`${thread.name}: ${error}`));
 * const thread = new Thread(() => { throw new Error("no paper"); }, { name: "printer" }).start();
 * await thread.join();
 * seen; // => ["printer: Error: no paper"]
 * ```
 */
export function onUncaught(handler: (uncaught: UncaughtError) => void): Disposable {
  if (typeof handler !== "function") {
    throw new TypeError(`Cannot add a handler of uncaught errors: it is ${typeof handler}, not a function`);
  }
  const entry = { handler };
  handlers.add(entry);
  if (!isWorkerThread) here().roster.addHandlers(1);
  return {
    [Symbol.dispose]: () => {
      if (handlers.delete(entry) && !isWorkerThread) here().roster.addHandlers(-1);
    },
  };
}

/** Whether somebody handles the error of a thread that this one has started. */
export function hasHandlers(): boolean {
  return handlers.size > 0 || here().roster.handlers > 0;
}

/** Tells whoever is to hear of it. */
export function tellUncaught(uncaught: UncaughtError): void {
  if (handlers.size > 0) for (const { handler } of handlers) tell(handler, uncaught);
  else if (hasParent()) passOn(uncaught);
  else raise(named(uncaught));
}

/** What a worker posts to the thread that has started it. */
interface Message {
  readonly kind: "heddle.uncaught";
  readonly packet: Packet;
}

export function isUncaught(message: unknown): message is Message {
  return (message as Partial<Message> | null)?.kind === "heddle.uncaught";
}

export async function hearUncaught({ packet }: Message): Promise<void> {
  tellUncaught((await unpack(packet)) as UncaughtError);
}

/** Whether this thread was started by the toolkit, so that somebody listens. */
function hasParent(): boolean {
  return (
    isWorkerThread && typeof (workerThreads().workerData as { thread?: unknown } | null)?.thread === "number"
  );
}

function passOn({ thread, error }: UncaughtError): void {
  const info = snapshotOf(thread);
  let packed;
  try {
    packed = pack({ thread: info, error }, "uncaught");
  } catch {
    packed = pack({ thread: info, error: new Error(inspect(error)) }, "uncaught");
  }
  const { packet, transferList } = packed;
  workerThreads().parentPort!.postMessage(
    { kind: "heddle.uncaught", packet } satisfies Message,
    transferList,
  );
}

function tell(handler: Handler, uncaught: UncaughtError): void {
  try {
    handler(uncaught);
  } catch (error) {
    raise(error);
  }
}

/** Throws where nobody catches. */
function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Stacks say which thread they are of; what has none has to be told. */
function named({ thread, error }: UncaughtError): unknown {
  if (error instanceof Error) return error;
  return new Error(`Uncaught in thread "${thread.name}": ${inspect(error)}`, { cause: error });
}
