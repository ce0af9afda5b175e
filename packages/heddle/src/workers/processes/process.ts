/**
 * The process that users have.
 *
 * @packageDocumentation
 */
import { readFileSync } from "node:fs";
import { SharedHeap, TimeoutError } from "#heap";
import { explainStaying } from "../../portable/index.ts";
import {
  type Carried,
  carry,
  currentContext,
  leavable,
  ofVariable,
  OUTSIDE,
  placedAs,
  runIn,
  unheard,
} from "../../scopes/index.ts";
import { fromPlainText } from "../../wire/plain/index.ts";
import { checkWaitOptions, storedValuesIn, timeLeft, type WaitOptions } from "../../sync/index.ts";
import { writePlainCall } from "./plain-call.ts";
import { hereUrl, type ProcessCall, processEntry } from "./process-body.ts";
import { DESK_BYTES, HOW, NO_REASON, OUTCOME, ProcessHow, REASON } from "./process-desk.ts";
import { ProcessEndedError, ProcessStateError } from "./process-errors.ts";
import { waitFor } from "../net/wait.ts";
import { type Site, tellOrigin, thisSite } from "../sites.ts";
import { checkThread, type OptionsFor, type ThreadOptions } from "../threads/thread-options.ts";
import { forgetUnobserved, noteUnobserved, type Unobserved } from "../threads/unobserved.ts";
import { type ProcessStart, startProcess, type WorkerProcess } from "./worker-process.ts";
import type { ThreadEnd } from "../threads/worker-thread.ts";

/** Memory is taken as it is needed. */
const HEAP_BYTES = 2 ** 32;
/** After SIGTERM it has so long to end, */
const TERM_MS = 2000;
/** A blocked wait for its end looks so often whether it has come to be. */
const LOOK_MS = 20;

let count = 0;

/** What came of it. An end is no error of its function: it ended before that, or gave the reason that it was interrupted with. */
type ProcessOutcome = { readonly value: unknown } | { readonly error: unknown; readonly isEnd: boolean };

/**
 * A process of its own for one function.
 *
 * The function travels as it is, as into a `Thread`; it, its arguments and what it gives go through memory that both processes share.
 * The process ends when the function has, and nothing is left to do in it.
 *
 * The program ends when all processes have that are no daemons. A process ends with the thread that has started it, even if that is
 * killed. An error arrives whole, at whoever reads {@link result}; if nobody does, nor asks for {@link exitCode}, it ends the
 * program. So does an end before its function's, unless this program has asked for it or has joined the process. It is no thread of
 * this process, so `threads()` has it not, nor does its handle travel to another thread: its `pid` does.
 *
 * @remarks
 * Linux only, with the package `koffi`, as `SharedHeap`.
 * Source: Python's `multiprocessing.Process`.
 *
 * @example
 * ```ts
 * import { Process } from "heddle/workers";
 *
 * const process = new Process((n: number) => 2 ** n, { args: [10] }).start();
 * await process.result; // => 1024
 * await process.join();
 * process.exitCode; // => 0
 * ```
 */
export class Process<R = unknown, A extends readonly unknown[] = readonly any[]> implements AsyncDisposable {
  readonly #target: Function;
  readonly #options: ThreadOptions<A>;
  readonly #number = ++count;
  #name: string;
  #worker: WorkerProcess | undefined;
  #heap: SharedHeap | undefined;
  #desk = 0;
  /** Where a call that can be said in text stands. */
  #text = 0;
  #site: Site | undefined;
  #end: ThreadEnd | undefined;
  #interruptedWith: { readonly reason: unknown } | undefined;
  readonly #started = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #outcome: ProcessOutcome | undefined;
  #result: Promise<R> | undefined;
  #unobserved: Unobserved | undefined;
  /** Somebody was told how it ended. */
  #isTold = false;
  /** Somebody has asked for its end, or waits for it; that is enough, if its function has thrown nothing. */
  #isWatched = false;

  /**
   * Makes a process, which {@link start} starts.
   *
   * @throws `TypeError` when something is not what it should be.
   */
  constructor(
    target: (...args: A) => R | PromiseLike<R>,
    ...[options = {}]: OptionsFor<A, ThreadOptions<A>>
  ) {
    checkThread(target, options, "Process");
    this.#target = target;
    this.#options = options;
    this.#name = options.name || `Process-${this.#number}${target.name === "" ? "" : ` (${target.name})`}`;
  }

  /**
   * Starts it.
   *
   * @throws `ProcessStateError` when it was started before, or while the program ends. `PortabilityError` or `WireError` when its function or an argument cannot
   * travel, `SharedHeapError` where processes cannot share memory: it is as it was then.
   */
  start(): this {
    if (this.#worker !== undefined) this.#refuse("start", "it was started before");
    if ((process as { _exiting?: boolean })._exiting === true) this.#refuse("start", "the program is ending");
    const heap = SharedHeap.createNameless(HEAP_BYTES);
    const carried = carry(currentContext().values);
    try {
      const desk = heap.allocate(DESK_BYTES);
      for (let at = 0; at < DESK_BYTES; at += 4) heap.store(desk + at, 0);
      this.#desk = desk;
      this.#worker = startProcess({
        ...this.#order(heap, carried),
        name: this.#name,
        heap,
        resourceLimits: this.#options.resourceLimits,
        onEnd: (end) => this.#onEnd(end),
      });
    } catch (error) {
      heap.close();
      throw placedAs(ofVariable(error, "process[2]", carried), "process[1]", "args");
    }
    this.#heap = heap;
    this.#site = thisSite();
    if (this.#options.daemon !== true) this.#worker.child.ref();
    this.#started.resolve();
    return this;
  }

  /** Writes down what it is to do. Gives what runs that. */
  #order(heap: SharedHeap, carried: Carried): Pick<ProcessStart, "entry" | "data" | "isPlain"> {
    const call: ProcessCall = [this.#target, this.#options.args ?? [], carried];
    const [name, desk] = [this.#name, this.#desk];
    const plain = writePlainCall(heap, hereUrl, call);
    if (plain !== undefined) {
      const { entry, ...text } = plain;
      this.#text = text.text;
      return { entry, data: { name, desk, ...text }, isPlain: true };
    }
    return { entry: processEntry(), data: { name, desk, call: storedValuesIn(heap).store(call, "process") } };
  }

  /**
   * Waits until it has ended, without blocking this thread. How it ended is told by {@link exitCode} and {@link result}.
   *
   * @throws `ProcessStateError` when it was not started. `TimeoutError`, or the signal's reason, when the wait ends early.
   */
  join(options?: WaitOptions): Promise<void> {
    this.#watch();
    const ended = waitFor<void>("Process.join()", options, (waiter) => {
      if (this.#worker === undefined) this.#refuse("join", "it was not started");
      if (this.#end === undefined) void this.#gone.promise.then(() => waiter.resolve());
      else waiter.resolve();
      return (reason) => waiter.reject(reason);
    });
    return unheard(ended);
  }

  /** As `join`, blocking this thread: its event loop stands still meanwhile. */
  joinSync(options?: WaitOptions): void {
    const { timeoutMs = Infinity, signal } = checkWaitOptions(options, "Process.joinSync()");
    signal?.throwIfAborted();
    if (this.#worker === undefined) this.#refuse("join", "it was not started");
    this.#watch();
    const end = performance.now() + timeoutMs;
    while (this.isAlive) {
      signal?.throwIfAborted();
      const leftMs = Math.min(end - performance.now(), timeLeft());
      if (performance.now() >= end) throw new TimeoutError("Process.joinSync()", timeoutMs);
      this.#heap!.waitForProcess(this.pid, Math.min(leftMs, LOOK_MS));
    }
  }

  /**
   * What its function gave, or threw. Rejects with `ProcessEndedError` when the process has ended before its function, and with the
   * reason when it was interrupted and threw that; and with that of the scope around when the code that asks is told to stop.
   * Before {@link start} it waits for that, which does not keep the program alive.
   */
  get result(): Promise<R> {
    return leavable("Process.result", () => {
      this.#tell();
      // It is the same for all who ask, whatever becomes of the first one.
      return (this.#result ??= runIn(OUTSIDE, () => this.#settle()));
    });
  }

  /** Whether it was started, and has not ended. */
  get isAlive(): boolean {
    return this.#worker !== undefined && this.#end === undefined && exitStatus(this.pid) === undefined;
  }

  /** The operating system's number of it; -1 before it was started. */
  get pid(): number {
    return this.#worker?.child.pid ?? -1;
  }

  /** The same as {@link pid}. */
  get id(): number {
    return this.pid;
  }

  /**
   * What it exited with: 0 if all went well, 1 after an error, what it gave to `process.exit`, or the number of the signal that
   * ended it, below 0. `undefined` while it has not ended.
   */
  get exitCode(): number | undefined {
    if (this.#worker === undefined) return undefined;
    const code = this.#end === undefined ? exitStatus(this.pid) : codeOf(this.#end);
    if (code !== undefined) this.#tell();
    return code;
  }

  /** What it is called. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    if (typeof name !== "string")
      throw new TypeError(`Cannot name a Process: its name must be a string, and is ${String(name)}`);
    this.#name = name;
  }

  /**
   * Asks it to stop. `throwIfCancelled()` and every wait of the toolkit throws the reason in it from now on. Only the first call
   * counts; after its end it does nothing.
   *
   * @param reason - Default: an `AbortError`.
   * @throws `ProcessStateError` when it was not started. `WireError` when the reason cannot travel.
   */
  interrupt(reason?: unknown): void {
    if (this.#worker === undefined) this.#refuse("interrupt", "it was not started");
    this.#watch();
    const heap = this.#heap!;
    if (this.#end !== undefined || heap.load(this.#desk + REASON) !== 0) return;
    const stored = reason === undefined ? NO_REASON : storedValuesIn(heap).store(reason, "reason");
    if (reason !== undefined) this.#interruptedWith = { reason };
    heap.store(this.#desk + REASON, stored | 0);
    heap.notify(this.#desk + REASON);
  }

  /**
   * Sends it a signal: SIGKILL, which ends it at once, unless another is given. After its end it does nothing.
   *
   * @throws `ProcessStateError` when it was not started.
   */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (this.#worker === undefined) this.#refuse("kill", "it was not started");
    this.#watch();
    this.#worker.child.kill(signal);
  }

  /**
   * Ends it by SIGTERM; by SIGKILL, if it does not heed that.
   *
   * @returns When it is gone.
   * @throws `ProcessStateError` when it was not started.
   */
  async terminate(): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), TERM_MS);
    void this.#gone.promise.then(() => clearTimeout(timer));
    await this.join();
  }

  /** As `join`, if it was started, and also where the code around was told to stop: what is disposed of has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker !== undefined) await runIn(OUTSIDE, () => this.join());
  }

  async #settle(): Promise<R> {
    await this.#started.promise;
    this.#watch();
    await this.#gone.promise;
    const outcome = this.#outcome!;
    if ("error" in outcome) throw outcome.error;
    return outcome.value as R;
  }

  #onEnd(end: ThreadEnd): void {
    this.#end = end;
    void this.#read(end).then((outcome) => {
      this.#outcome = outcome;
      this.#heap!.close();
      if ("error" in outcome) {
        tellOrigin(outcome.error, `process "${this.#name}", started`, this.#site);
        const isKnown = this.#isTold || (outcome.isEnd && this.#isWatched);
        if (!isKnown) this.#unobserved = noteUnobserved(this, outcome.error);
      }
      this.#gone.resolve();
    });
  }

  async #read(end: ThreadEnd): Promise<ProcessOutcome> {
    const heap = this.#heap!;
    const how = heap.load(this.#desk + HOW);
    if (how === 0)
      return { error: new ProcessEndedError(this.#name, { ...end, exitCode: codeOf(end) }), isEnd: true };
    try {
      if (how === ProcessHow.SAID) return { value: fromPlainText(this.#said(heap)) };
      const found = await storedValuesIn(heap).takeAsync(heap.load(this.#desk + OUTCOME) >>> 0);
      if (how === ProcessHow.RETURNED) return { value: found };
      const given = this.#interruptedWith;
      if (given !== undefined && isSame(found, given.reason)) return { error: given.reason, isEnd: true };
      const isDefault =
        heap.load(this.#desk + REASON) === NO_REASON && (found as Error | null)?.name === "AbortError";
      return { error: found, isEnd: isDefault };
    } catch (error) {
      return { error, isEnd: false };
    }
  }

  /** What the process has written in place of its call. */
  #said(heap: SharedHeap): string {
    const end = this.#text + heap.load(this.#desk + OUTCOME);
    return Buffer.from(heap.bytesTo(end).buffer).toString("utf8", this.#text, end);
  }

  #tell(): void {
    this.#isTold = true;
    if (this.#unobserved !== undefined) forgetUnobserved(this.#unobserved);
  }

  #watch(): void {
    this.#isWatched = true;
    const outcome = this.#outcome;
    if (outcome !== undefined && "error" in outcome && outcome.isEnd) this.#tell();
  }

  #refuse(what: string, why: string): never {
    throw new ProcessStateError(`Cannot ${what} process "${this.#name}": ${why}`);
  }
}

explainStaying(
  Process,
  "it belongs to the thread that has made it, which is told of its end",
  "send its pid, or what its result gives; what is to tell it something is an object that both have in a SharedHeap",
);

/** Whether an error is what was sent as a reason, and has come back. */
function isSame(found: unknown, reason: unknown): boolean {
  if (found instanceof Error && reason instanceof Error) {
    return found.name === reason.name && found.message === reason.message;
  }
  return found === reason;
}

/** What it exited with, or the number of the signal that ended it, below 0. */
function codeOf({ exitCode, signal }: ThreadEnd): number | undefined {
  return signal === undefined ? exitCode : -process.getBuiltinModule("node:os").constants.signals[signal];
}

/** The exit code of a process whose end this thread has not been told of yet; `undefined` if it runs. */
function exitStatus(pid: number): number | undefined {
  let fields: string[];
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program stands in brackets, and may hold anything.
    fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return 0;
  }
  if (fields[0] !== "Z" && fields[0] !== "X") return undefined;
  const status = Number(fields[49]);
  const signal = status & 0x7f;
  return signal === 0 ? status >>> 8 : -signal;
}
