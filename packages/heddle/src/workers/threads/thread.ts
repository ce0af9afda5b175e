/**
 * The thread that users have.
 *
 * @packageDocumentation
 */
import { writeFileSync } from "node:fs";
import { inspect } from "node:util";
import type { ResourceLimits } from "node:worker_threads";
import { declareEverywhere, functionTable } from "../../portable/index.ts";
import { carry, currentContext, leavable, ofVariable, OUTSIDE, runIn, unheard } from "../../scopes/index.ts";
import {
  addressOf,
  checkWaitOptions,
  existing,
  ObjectKind,
  registerShared,
  rouse,
  SharedObject,
  storedValues,
  type WaitOptions,
} from "../../sync/index.ts";
import { moveFailed, type Packet } from "../../wire/index.ts";
import { interruption, ThreadStateError } from "../errors.ts";
import { coreOf, here, makeHandlesBy, ownThread } from "./here.ts";
import { pack, unpack } from "../packets.ts";
import { type Site, tellOrigin, thisSite } from "../sites.ts";
import { takeOverAs } from "../entry.ts";
import {
  type Aside,
  BEGUN,
  ENDED,
  runThread,
  THREAD_NAME,
  threadEntry,
  type ThreadTask,
} from "./thread-body.ts";
import {
  DAEMON,
  destroyThread,
  How,
  KEEPS,
  MAIN,
  OWN,
  THREAD_BYTES,
  type ThreadCore,
  writeThread,
} from "./thread-core.ts";
import { snapshotOf, type ThreadInfo } from "./thread-info.ts";
import { checkName, checkThread, type OptionsFor, type ThreadOptions } from "./thread-options.ts";
import { readOutcome, readOutcomeSync, type ThreadOutcome } from "./thread-outcome.ts";
import { hasHandlers, tellUncaught } from "./uncaught.ts";
import { forgetUnobserved, noteUnobserved, type Unobserved } from "./unobserved.ts";
import { startThread, type ThreadEnd, type WorkerThread } from "./worker-thread.ts";

/**
 * A thread of its own for one function.
 *
 * The function travels as it is, with the variables it captures, the helpers it calls and the modules it imports; its
 * arguments, the values of context variables and what it gives are copied. The thread has ended when the function has, and
 * what it gave has been awaited. Timers and sockets that it has left behind go on, as they would in the main thread.
 *
 * The program ends when nothing is left to do in the main thread, and in all threads that are no daemons, whoever has
 * started them. A thread that is terminated, or calls `process.exit`, takes those with it that it has started.
 *
 * An error arrives once, whole: at whoever reads {@link result}; else at the handlers of {@link onUncaught}; else at whoever
 * joins; else it ends the program. That it was interrupted, terminated or has called `process.exit` is told by `result` alone.
 *
 * A handle may travel: other threads join a thread, ask for its result, interrupt or terminate it by it. Only the thread that has
 * made it can start it.
 *
 * @remarks
 * Cost: about 50 ms to start, and some megabytes; `ThreadPoolExecutor` has threads for many calls.
 * Source: Python's `threading.Thread`.
 * Departs from it: the function is copied into the thread, so both see the same only in shared objects; its result and
 * its errors arrive.
 *
 * @example
 * ```ts
 * import { Thread } from "heddle";
 *
 * const limit = 30;
 * const thread = new Thread((n: number) => Math.min(2 ** n, limit), { args: [10], name: "power" }).start();
 * await thread.result; // => 30
 * ```
 */
export class Thread<R = unknown, A extends readonly unknown[] = readonly any[]>
  extends SharedObject
  implements ThreadInfo, AsyncDisposable
{
  readonly #core: ThreadCore;
  /** In the thread that has made it, until it is started. */
  #task: { readonly target: Function; readonly args: readonly unknown[] } | undefined;
  readonly #resourceLimits: ResourceLimits | undefined;
  readonly #isMaker: boolean;
  #started: PromiseWithResolvers<void> | undefined;
  #worker: WorkerThread | undefined;
  #site: Site | undefined;
  /** What the function and its arguments refer to, until the thread has them. */
  readonly #cargo: object[] = [];
  /** What the thread has posted instead of storing it; `undefined` when it has ended without. */
  #posted: PromiseWithResolvers<Packet | undefined> | undefined;
  #result: Promise<R> | undefined;
  #outcome: Promise<ThreadOutcome> | undefined;
  #interruptedWith: { readonly reason: unknown } | undefined;
  #unobserved: Unobserved | undefined;
  /** Handlers have its error. */
  #isHandled = false;
  /** Who has joined has it. */
  #isThrown = false;
  #joining = 0;

  /**
   * Makes a thread, which {@link start} starts.
   *
   * @throws `TypeError` when something is not what it should be.
   */
  constructor(
    target: (...args: A) => R | PromiseLike<R>,
    ...[options = {}]: OptionsFor<A, ThreadOptions<A>>
  ) {
    let isNew = false;
    super(undefined, (heap, address) => {
      checkThread(target, options);
      const { daemon = coreOf(ownThread()).has(DAEMON) } = options;
      writeThread(heap, address, options.name || defaultName(target), OWN | (daemon ? DAEMON : 0));
      isNew = true;
    });
    this.#core = coreOf(addressOf(this));
    this.#isMaker = isNew;
    this.#task = isNew ? { target, args: options.args ?? [] } : undefined;
    this.#resourceLimits = isNew ? options.resourceLimits : undefined;
  }

  /**
   * Starts it.
   *
   * @throws `ThreadStateError` when it was started before, by a thread that has not made it, or while the program ends.
   * `PortabilityError` or `WireError` when its function or an argument cannot travel: it is as it was then.
   */
  start(): this {
    const task = this.#task;
    if (!this.#isMaker) this.#refuse("start", "only the thread that has made it can");
    if (task === undefined) this.#refuse("start", "it was started before");
    if ((process as { _exiting?: boolean })._exiting === true) this.#refuse("start", "the program is ending");
    // From now on this thread hears of the shared memory that the other one gives.
    storedValues();
    const target = functionTable().publishFunction(task.target, "fn");
    const carried = carry(currentContext().values);
    const { packet, transferList, cargo } = packArguments(task.args, carried);
    if (!this.daemon) this.#core.mark(KEEPS, true);
    const posted = Promise.withResolvers<Packet | undefined>();
    try {
      this.#worker = startThread({
        entry: threadEntry(),
        name: this.name,
        thread: addressOf(this),
        data: {
          name: this.name,
          target: { address: target.address, serial: target.serial },
          packet,
        } satisfies ThreadTask,
        transferList,
        resourceLimits: this.#resourceLimits,
        onMessage: (message) => this.#hear(message),
        onEnd: (end) => this.#onEnd(end),
      });
    } catch (error) {
      this.#core.mark(KEEPS, false);
      throw moveFailed(error, transferList);
    }
    this.#posted = posted;
    this.#site = thisSite();
    this.#cargo.push(target, ...cargo);
    this.#task = undefined;
    this.#started?.resolve();
    return this;
  }

  /**
   * Waits until it has ended, without blocking this thread.
   *
   * @throws The error of the thread, if nobody else has it. `ThreadStateError` when it was not started, or is this very
   * thread. `TimeoutError`, or the signal's reason, when the wait ends early: nothing has changed then.
   */
  join(options?: WaitOptions): Promise<void> {
    return unheard(this.#join(options));
  }

  async #join(options: WaitOptions | undefined): Promise<void> {
    const checked = checkWaitOptions(options, "Thread.join()");
    this.#checkJoin();
    this.#joining++;
    try {
      await here().thread.waits.promise(this.#core, 0, checked);
      this.#throwUnlessTold(await this.#read());
    } finally {
      this.#joining--;
      // It may have ended while this was about to be told.
      if (this.#core.how !== 0) void this.#onEnded();
    }
  }

  /** As `join`, blocking this thread: its event loop stands still meanwhile, and with it what others print by it. */
  joinSync(options?: WaitOptions): void {
    const checked = checkWaitOptions(options, "Thread.joinSync()");
    checked.signal?.throwIfAborted();
    this.#checkJoin();
    if (this.#core.how === 0) here().thread.waits.block(this.#core, 0, checked);
    if (this.#core.how === How.RETURNED_ASIDE) return;
    const outcome = readOutcomeSync(this.#core);
    if (!outcome.isValue) tellOrigin(outcome.error, this.#heading, this.#site);
    this.#outcome ??= Promise.resolve(outcome);
    this.#throwUnlessTold(outcome);
  }

  /**
   * What its function gave, or threw. Rejects with `ThreadEndedError` when the thread has ended before its function, and with
   * the reason when it was interrupted and threw that; and with that of the scope around when the code that asks is told to stop.
   * Before {@link start} it waits for that, which does not keep the program alive.
   */
  get result(): Promise<R> {
    return leavable("Thread.result", () => {
      if (this.#unobserved !== undefined) forgetUnobserved(this.#unobserved);
      // It is the same for all who ask, whatever becomes of the first one.
      return (this.#result ??= runIn(OUTSIDE, () => this.#settle()));
    });
  }

  /** Whether it was started, and has not ended. */
  get isAlive(): boolean {
    if (this.#core.has(MAIN)) return true;
    return this.#core.wasStarted && !this.#core.noticeDeath();
  }

  /** As `threadId` of `node:worker_threads`; -1 before it was started. */
  get id(): number {
    return this.#core.has(MAIN) ? 0 : this.#core.threadId;
  }

  get nativeId(): number | undefined {
    return this.#core.has(MAIN) ? process.pid : this.#core.nativeId || undefined;
  }

  /** What it is called. May be changed at any time, in any thread; the operating system knows 15 bytes of it. */
  override get name(): string {
    return this.#core.readName(here().heap);
  }

  override set name(name: string) {
    checkName(name);
    this.#core.writeName(here().heap, name);
    const { nativeId } = this;
    if (nativeId === undefined || this.#core.has(MAIN)) return;
    try {
      writeFileSync(`/proc/self/task/${nativeId}/comm`, name);
    } catch {
      // It has ended, or the operating system has no names for threads.
    }
  }

  /**
   * Whether the program may end while it runs.
   *
   * @throws `ThreadStateError` when it is changed after the start.
   */
  get daemon(): boolean {
    return this.#core.has(DAEMON);
  }

  set daemon(daemon: boolean) {
    if (this.#core.wasStarted || this.#core.has(MAIN))
      this.#refuse("make a daemon, or none, of", "it was started");
    if (typeof daemon !== "boolean") {
      throw new TypeError(
        `Cannot set daemon of a Thread: it must be true or false, and is ${inspect(daemon)}`,
      );
    }
    this.#core.mark(DAEMON, daemon);
  }

  /**
   * Asks it to stop. `throwIfCancelled()` and every wait of the toolkit throws the reason in it from now on, blocking
   * ones, too, and `currentTask().signal` aborts. Only the first call counts; after its end it does nothing.
   *
   * @param reason - Default: an `AbortError`.
   * @throws `ThreadStateError` when it was not started, or not by a `Thread`. `WireError` when the reason cannot travel.
   */
  interrupt(reason: unknown = interruption(this.name)): void {
    this.#checkOwn("interrupt");
    if (this.#core.how !== 0 || this.#core.isAskedToStop) return;
    const stored = storedValues().store(reason, "reason");
    if (!this.#core.askToStop(stored)) return storedValues().drop(stored);
    this.#interruptedWith = { reason };
    const { identity } = this.#core;
    if (identity !== 0) rouse(identity);
  }

  /**
   * Ends it now, whatever it does, and with it what it has started. What it has locked is handed over as abandoned.
   *
   * @returns When it is gone.
   * @throws `ThreadStateError` when it was not started, or not by a `Thread`.
   */
  async terminate(): Promise<void> {
    this.#checkOwn("terminate");
    if (this.#worker === undefined && this.#core.noticeDeath()) return;
    if (this.#core.how === 0) this.#core.orderEnd();
    if (this.#worker !== undefined) return await this.#worker.terminate();
    await here().thread.waits.promise(this.#core, 0);
  }

  /** As `join`, if it was started, and also where the code around was told to stop: what is disposed of has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#core.wasStarted) await runIn(OUTSIDE, () => this.join());
  }

  async #settle(): Promise<R> {
    if (this.#isMaker && !this.#core.wasStarted) {
      this.#started ??= Promise.withResolvers();
      await this.#started.promise;
    }
    await here().thread.waits.promise(this.#core, 0);
    const outcome = await this.#read();
    if (!outcome.isValue) throw outcome.error;
    return outcome.value as R;
  }

  /** What has come of it: the same for all who ask here. */
  #read(): Promise<ThreadOutcome> {
    return (this.#outcome ??= this.#readOnce());
  }

  async #readOnce(): Promise<ThreadOutcome> {
    const outcome = await readOutcome(this.#core, this.#posted && (() => this.#readPosted()));
    if (outcome.isValue) return outcome;
    const { how } = this.#core;
    const given = this.#interruptedWith;
    if (how === How.INTERRUPTED && given !== undefined) return { ...outcome, error: given.reason };
    if (how === How.THREW) tellOrigin(outcome.error, this.#heading, this.#site);
    return outcome;
  }

  async #readPosted(): Promise<{ readonly value: unknown } | undefined> {
    // It is on its way, but does not keep the program alive.
    const keepAlive = setInterval(() => {}, 2 ** 30);
    try {
      const packet = await this.#posted!.promise;
      return packet === undefined ? undefined : { value: await unpack(packet) };
    } finally {
      clearInterval(keepAlive);
    }
  }

  get #heading(): string {
    return this.#site === undefined ? `in thread "${this.name}"` : `thread "${this.name}", started`;
  }

  /** To those who joined, if nobody else has the error. */
  #throwUnlessTold(outcome: ThreadOutcome): void {
    if (outcome.isValue || !outcome.isFailure || this.#result !== undefined) return;
    if (this.#isHandled || this.#tellHandlers(outcome.error)) return;
    if (this.#unobserved !== undefined) forgetUnobserved(this.#unobserved);
    this.#isThrown = true;
    throw outcome.error;
  }

  /** In the thread that has started it. */
  #tellHandlers(error: unknown): boolean {
    if (this.#worker === undefined || !hasHandlers()) return false;
    this.#isHandled = true;
    tellUncaught({ thread: this, error });
    return true;
  }

  #hear(message: unknown): void {
    if (message === BEGUN) this.#cargo.length = 0;
    else if (message === ENDED) void this.#onEnded();
    else if ((message as Partial<Aside> | null)?.kind === "heddle.aside") {
      this.#posted!.resolve((message as Aside).packet);
    }
  }

  #onEnd(end: ThreadEnd): void {
    this.#cargo.length = 0;
    this.#posted!.resolve(undefined);
    void this.#onEnded();
    const { how } = this.#core;
    const wasOver = how === How.RETURNED || how === How.RETURNED_ASIDE || how === How.INTERRUPTED;
    if (!wasOver || end.cause === undefined) return;
    // Something that it has left behind has failed.
    tellOrigin(end.cause, this.#heading, this.#site);
    tellUncaught({ thread: this, error: end.cause });
  }

  /** It has ended: sees to its error, if nobody has asked for it. */
  async #onEnded(): Promise<void> {
    if (this.#worker === undefined || this.#core.how === 0) return;
    const outcome = await this.#read();
    if (outcome.isValue || !outcome.isFailure || this.#result !== undefined || this.#joining > 0) return;
    if (this.#isHandled || this.#isThrown || this.#unobserved !== undefined) return;
    if (this.#tellHandlers(outcome.error)) return;
    const thread = snapshotOf(this);
    this.#unobserved = noteUnobserved(this, outcome.error, (error) => tellUncaught({ thread, error }));
  }

  #checkJoin(): void {
    if (addressOf(this) === ownThread()) this.#refuse("join", "it would wait for itself");
    if (!this.#core.wasStarted && !this.#core.has(MAIN)) this.#refuse("join", "it was not started");
  }

  #checkOwn(verb: string): void {
    if (!this.#core.has(OWN)) this.#refuse(verb, "it was not started by a Thread");
    if (!this.#core.wasStarted) this.#refuse(verb, "it was not started");
  }

  #refuse(verb: string, found: string): never {
    throw new ThreadStateError(`Cannot ${verb} thread "${this.name}": ${found}`);
  }
}

function defaultName(target: Function): string {
  const name = `Thread-${here().roster.nextNumber()}`;
  return target.name === "" ? name : `${name} (${target.name})`;
}

function packArguments(args: readonly unknown[], carried: readonly unknown[]): ReturnType<typeof pack> {
  try {
    return pack([...args, carried], "args");
  } catch (error) {
    throw ofVariable(error, `args[${args.length}]`, carried);
  }
}

Object.defineProperty(Thread.prototype, inspect.custom, {
  value(this: Thread): string {
    const state = this.isAlive ? "alive" : this.id < 0 ? "not started" : "ended";
    return `Thread "${this.name}" (${state})`;
  },
});

makeHandlesBy((thread) => existing(Thread, thread));
declareEverywhere("Thread", Thread);

registerShared(Thread, {
  kind: ObjectKind.THREAD,
  name: "Thread",
  version: 1,
  sizeBytes: THREAD_BYTES,
  destroy: destroyThread,
});

// In a bundle this is the last of what threads stand on; see entry.ts.
takeOverAs<ThreadTask>(THREAD_NAME, runThread);
