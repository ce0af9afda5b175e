/**
 * One worker process: started, told to stop, ended, and reported when it is gone.
 *
 * @packageDocumentation
 */
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ResourceLimits } from "node:worker_threads";
import { dieWithParent, isWorkerThread, knowKoffi, koffiBinary, SharedHeap } from "#heap";
import { entryModules, workFor } from "../../portable/index.ts";
import { loadHandlesBy } from "../../wire/index.ts";
import { hideCompileCache, workerCache, workerEnvironment } from "../compile-cache.ts";
import { type WorkerEntry, workInstead } from "../entry.ts";
import { inheritedFlags } from "./inherited-flags.ts";
import { HEAP_DESCRIPTOR, ORDERS, type Given, type Orders, readOrders } from "./orders.ts";
import type { ThreadEnd, WorkerThread } from "../threads/worker-thread.ts";

/** A worker that was told to stop has so long to leave by itself. */
const LEAVE_MS = 500;

/** What a worker process is started with. */
export interface ProcessStart {
  entry: WorkerEntry;
  name: string;
  /** Given to the module. It is written as JSON: to load what V8 has for that takes longer than the rest. */
  data: unknown;
  /** What it shares with its owner. */
  heap: SharedHeap;
  /** It may end before it loads anything that compiled code is kept of. */
  isPlain?: boolean;
  resourceLimits: ResourceLimits | undefined;
  /** Called once, when it runs no more. */
  onEnd: (end: ThreadEnd) => void;
  /** What it sends. Without this there is no channel between the two: before it has one, Node loads what it has for sockets. */
  onMessage?: (message: unknown) => void;
}

/** A process that was started. It never keeps the program alive by itself. */
export interface WorkerProcess extends WorkerThread {
  readonly child: ChildProcess;
}

export function startProcess(start: ProcessStart): WorkerProcess {
  const { entry, heap, data, isPlain = false, onMessage } = start;
  const orders: Orders = {
    entries: entryModules(),
    koffi: koffiBinary(),
    owner: heap.identity,
    cache: isPlain ? workerCache() : undefined,
    data,
  };
  // Only here: threads have no use for it.
  const { spawn } = process.getBuiltinModule("node:child_process");
  const flags = [...inheritedFlags(), ...memoryFlags(start.resourceLimits)];
  const child = spawn(process.execPath, [...flags, ...argumentsFor(entry, orders)], {
    env: isPlain ? process.env : workerEnvironment(),
    // A signal of the terminal is for the program, which ends its workers.
    stdio: ["ignore", "inherit", "inherit", heap.descriptor, ...(onMessage ? (["ipc"] as const) : [])],
  });
  let end: Partial<ThreadEnd> = {};
  const gone = new Promise<void>((resolve) => {
    child.on("error", (cause) => (end = { cause, ...end }));
    // It may have failed to start: then there is nothing to exit.
    const ended = (exitCode: number | null, signal: NodeJS.Signals | null): void => {
      start.onEnd({ ...end, exitCode: exitCode ?? undefined, signal: signal ?? undefined });
      resolve();
    };
    if (child.pid === undefined) setImmediate(() => ended(null, null));
    else child.on("exit", ended);
  });
  if (onMessage !== undefined) child.on("message", onMessage);
  child.unref();
  child.channel?.unref();

  const post = (message: string): void => {
    // What it is told while it ends is of no use to it.
    if (child.connected) child.send(message, () => {});
  };
  return {
    child,
    post,
    async terminate(cause) {
      end = { cause };
      child.ref();
      child.kill("SIGKILL");
      await gone;
    },
    async stop() {
      child.ref();
      post("stop");
      const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** What any process of the toolkit is given: what it runs, and its orders. */
export function argumentsFor({ module, bundledAs }: WorkerEntry, orders: object = {}): readonly string[] {
  return [fileURLToPath(module), ORDERS, JSON.stringify({ bundledAs, ...orders })];
}

let given: Given | undefined;

/** What this process was told, if it is a worker. */
function knownOrders(): Given | undefined {
  return (given ??= readOrders());
}

/**
 * Begins the work of this process, which is a worker: it ends when who started it has ended, or lets go of it.
 *
 * @param run - Called with what it was given, and the heap that it shares with its owner.
 */
export function beginProcess(run: (data: unknown, heap: SharedHeap) => void): void {
  const orders = knownOrders() as Orders;
  hideCompileCache();
  knowKoffi(orders.koffi);
  const heap = joinOwner(orders);
  dieWithParent();
  process.on("disconnect", () => process.exit());
  // Its owner may have died before that.
  if (!heap.isThere(orders.owner)) process.exit();
  run(orders.data, heap);
}

/** Joins the heap of whoever has given this process its orders, and gets ready for all that may come by it. */
export function joinOwner({ entries }: Orders): SharedHeap {
  workFor(entries);
  loadHandlesBy(() =>
    Promise.all([import("../../sync/index.ts"), import("../../queues/index.ts"), import("../index.ts")]),
  );
  return SharedHeap.ofDescriptor(HEAP_DESCRIPTOR);
}

/** As `takeOverAs`, for processes. */
export function takeOverProcessAs(name: string, run: () => void): void {
  if (!isWorkerThread && knownOrders()?.bundledAs === name) workInstead(run);
}

function memoryFlags({
  maxOldGenerationSizeMb,
  maxYoungGenerationSizeMb,
  stackSizeMb,
}: ResourceLimits = {}): string[] {
  const flags: string[] = [];
  if (maxOldGenerationSizeMb !== undefined) flags.push(`--max-old-space-size=${maxOldGenerationSizeMb}`);
  // The young generation has three halves.
  if (maxYoungGenerationSizeMb !== undefined) {
    flags.push(`--max-semi-space-size=${Math.max(1, Math.round(maxYoungGenerationSizeMb / 3))}`);
  }
  if (stackSizeMb !== undefined) flags.push(`--stack-size=${Math.round(stackSizeMb * 1000)}`);
  return flags;
}
