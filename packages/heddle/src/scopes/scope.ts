/**
 * Cancel scopes: code that can be told to stop, whole, with all that it has begun.
 *
 * Source: N. J. Smith, "Timeouts and cancellation for humans" (2018), and Trio's cancel scopes.
 * Departs from them: a scope is cancelled with a reason, and that is what its waits throw.
 *
 * @packageDocumentation
 */
import { type AnyContext, Context, currentContext, OUTSIDE, runIn } from "./context.ts";
import { LongTimer } from "./long-timer.ts";

export interface ScopeOptions {
  /** Cancellation from outside does not reach in. */
  readonly isShield?: boolean;
  /** As if the scope were cancelled when this aborts. */
  readonly signal?: AbortSignal | undefined;
}

const NO_OPTIONS: ScopeOptions = {};

/** Somebody who waits in a scope, and is told when it is cancelled. */
export interface Waiter {
  cancelled(reason: unknown): void;
}

/** What went wrong in something that was told to stop, when nobody waited for its result any more. */
export interface LateFailure {
  /** What its task, or the like, is called. */
  readonly name: string;
  readonly error: unknown;
}

/** Ends a hold: with what went wrong that nobody else hears of. */
export type EndHold = (...failures: readonly LateFailure[]) => void;

const NO_FAILURES: readonly LateFailure[] = [];

/** One that is a function. */
class Teller implements Waiter {
  readonly #tell: (reason: unknown) => void;

  constructor(tell: (reason: unknown) => void) {
    this.#tell = tell;
  }

  cancelled(reason: unknown): void {
    this.#tell(reason);
  }
}

/** What few scopes have. */
class Extras {
  controller: AbortController | undefined = undefined;
  /** When it is cancelled by itself, by the clock of `performance.now()`; and with what reason. */
  deadlineMs = Infinity;
  deadlineReason: (() => unknown) | undefined = undefined;
  timer: LongTimer | undefined = undefined;
  unlink: (() => void) | undefined = undefined;
  holds = 0;
  onDrained: (() => void) | undefined = undefined;
  lateFailures: LateFailure[] | undefined = undefined;

  /** The scope is closed: what was begun in it and goes on, as a socket may, is not told to stop by it any more. */
  end(): void {
    this.timer?.clear();
    this.unlink?.();
    this.deadlineMs = Infinity;
    this.deadlineReason = undefined;
  }
}

/** Around all scopes that are in no other one. It is never cancelled, and nothing runs in it. */
let outermost: Scope | undefined;

/**
 * One scope.
 *
 * ```text
 *         cancel, deadline, signal, or the scope around it (unless this is a shield)
 * open ──────────────────────────────────────────────────────────────────────────────▶ cancelled
 *   │                                                                                       │
 *   └─────────────────────────────────────── close ─────────────────────────────────────────┴──▶ closed
 * ```
 *
 * - S1: the first reason stays. Cancellation is level-triggered: from then on every wait inside throws it.
 * - S2: a scope around others cancels them with it, and tells those who wait in them before those who wait in itself.
 * - S3: a scope that is held has begun something that cannot end at once, such as a call in a worker. Who closes it waits
 *   for that: {@link Scope.drained}; and answers for what has gone wrong in it: {@link Scope.lateFailures}.
 */
export class Scope {
  /** The scope around this one. */
  readonly parent: Scope | undefined;
  readonly isShield: boolean;
  /** The scopes inside, as a list: the newest, and in each the one before and after it. A set costs four times as much. */
  #newest: Scope | undefined = undefined;
  #before: Scope | undefined = undefined;
  #after: Scope | undefined = undefined;
  #isListed = true;
  /** Mostly one; then it is here by itself. */
  #waiting: Waiter | Set<Waiter> | undefined = undefined;
  #isCancelled = false;
  #reason: unknown = undefined;
  #extras: Extras | undefined = undefined;

  /** @param around - The context that it is made in. */
  constructor(
    { isShield = false, signal }: ScopeOptions = NO_OPTIONS,
    around: AnyContext = currentContext(),
  ) {
    const parent = around.scope;
    this.parent = parent;
    this.isShield = isShield;
    const list = parent ?? outermost;
    if (list !== undefined) {
      this.#before = list.#newest;
      if (list.#newest !== undefined) list.#newest.#after = this;
      list.#newest = this;
    }
    // Nothing is in it yet that would have to be told.
    if (parent !== undefined && parent.#isCancelled && !isShield) {
      this.#isCancelled = true;
      this.#reason = parent.#reason;
    } else if (signal?.aborted === true) {
      this.#isCancelled = true;
      this.#reason = signal.reason;
    } else if (signal !== undefined) this.#link(signal);
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether nothing runs in it any more. */
  get isClosed(): boolean {
    return !this.#isListed;
  }

  /** Whether nothing waits or runs in it, nobody has its signal, and it is not cancelled: it is as good as new. */
  get isUntouched(): boolean {
    return (
      !this.#isCancelled &&
      this.#newest === undefined &&
      this.#waiting === undefined &&
      this.#extras === undefined
    );
  }

  /** Why it was cancelled. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Aborts when the scope is cancelled. For what takes an `AbortSignal`. */
  get signal(): AbortSignal {
    const extras = this.#more();
    if (extras.controller === undefined) {
      extras.controller = new AbortController();
      if (this.#isCancelled) extras.controller.abort(this.#reason);
    }
    return extras.controller.signal;
  }

  /** When it will be cancelled by the nearest deadline, its own or one around it; by the clock of `performance.now()`. */
  get deadlineMs(): number {
    return Scope.#nextToEnd(this).#deadlineMs;
  }

  /** The scopes inside, oldest first. */
  get inner(): readonly Scope[] {
    const scopes: Scope[] = [];
    for (let scope = this.#newest; scope !== undefined; scope = scope.#before) scopes.push(scope);
    return scopes.toReversed();
  }

  /** Whether an error says no more than that this scope was cancelled. Many APIs wrap the reason of a signal that aborts. */
  isItsCancellation(error: unknown): boolean {
    if (!this.#isCancelled) return false;
    if (Object.is(error, this.#reason)) return true;
    return error instanceof Error && error.name === "AbortError" && Object.is(error.cause, this.#reason);
  }

  /** Stops all that runs in the scope. S1: only the first call counts. */
  cancel(reason: unknown): void {
    if (this.#isCancelled) return;
    this.#mark(reason);
    if (this.#newest === undefined) return this.#tell();
    // No recursion: scopes may be nested deeper than the stack is.
    const scopes: Scope[] = [this];
    for (const scope of scopes) {
      for (let inner = scope.#newest; inner !== undefined; inner = inner.#before) {
        if (inner.isShield || inner.#isCancelled) continue;
        inner.#mark(reason);
        scopes.push(inner);
      }
    }
    // S2.
    for (const scope of scopes.toReversed()) scope.#tell();
  }

  /** For what else ends with the scope. It has been cancelled, and all who wait in it are told. */
  wasCancelled(): void {}

  #mark(reason: unknown): void {
    this.#isCancelled = true;
    this.#reason = reason;
    this.#extras?.timer?.clear();
  }

  #tell(): void {
    const reason = this.#reason;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting instanceof Set) for (const waiter of waiting) waiter.cancelled(reason);
    else waiting?.cancelled(reason);
    if (this.#extras !== undefined) this.#extras.controller?.abort(reason);
    this.wasCancelled();
  }

  /** Cancels the scope with `reason()` when so much time has passed. Replaces an earlier deadline. */
  cancelAfter(timeoutMs: number, reason: () => unknown): void {
    const extras = this.#more();
    extras.timer?.clear();
    extras.deadlineMs = Infinity;
    if (this.#isCancelled || timeoutMs === Infinity) return;
    if (timeoutMs <= 0) return this.cancel(reason());
    extras.deadlineMs = performance.now() + timeoutMs;
    extras.deadlineReason = reason;
    extras.timer = new LongTimer(() => this.cancel(reason()), timeoutMs, false);
  }

  /** Looks whether another thread asks this scope to stop, if it belongs to such. */
  hear(): void {}

  /**
   * Looks now, for code that keeps the event loop from doing so: a deadline that has passed counts, and so does that
   * another thread has asked it to stop.
   */
  look(): void {
    if (this.#isCancelled) return;
    this.hear();
    for (let { isShield, parent } = this; !isShield && parent !== undefined; { isShield, parent } = parent)
      parent.hear();
    if (this.#isCancelled) return;
    const next = Scope.#nextToEnd(this);
    const deadlineMs = next.#deadlineMs;
    if (deadlineMs === Infinity || deadlineMs > performance.now()) return;
    next.cancel(next.#extras!.deadlineReason!());
  }

  /** Has `tell` called when the scope is cancelled, unless what this gives is called before. */
  onCancel(tell: (reason: unknown) => void): () => void {
    const waiter = new Teller(tell);
    this.addWaiter(waiter);
    return () => this.deleteWaiter(waiter);
  }

  /** Has the waiter told when the scope is cancelled, unless it is deleted before. */
  addWaiter(waiter: Waiter): void {
    const waiting = this.#waiting;
    if (waiting === undefined) this.#waiting = waiter;
    else if (waiting instanceof Set) waiting.add(waiter);
    else this.#waiting = new Set([waiting, waiter]);
  }

  deleteWaiter(waiter: Waiter): void {
    const waiting = this.#waiting;
    if (waiting === waiter) this.#waiting = undefined;
    else if (waiting instanceof Set) waiting.delete(waiter);
  }

  /** S3. Gives what ends the hold. */
  hold(): EndHold {
    const extras = this.#more();
    extras.holds++;
    return (...failures) => {
      for (const failure of failures) this.addLateFailure(failure);
      if (--extras.holds === 0) extras.onDrained?.();
    };
  }

  /** Whether it has begun something that cannot end at once, and has not. */
  get isHeld(): boolean {
    return this.#extras !== undefined && this.#extras.holds > 0;
  }

  /** Resolves when nothing holds the scope; `undefined` if nothing does. For the one who closes it. */
  drained(): Promise<void> | undefined {
    if (!this.isHeld) return undefined;
    const extras = this.#more();
    return new Promise((resolve) => (extras.onDrained = resolve));
  }

  /** Something went wrong that was begun in it, and nobody else hears of that. */
  addLateFailure(failure: LateFailure): void {
    (this.#more().lateFailures ??= []).push(failure);
  }

  /** What went wrong in what has held it, and was told to nobody. For the one who closes it. */
  get lateFailures(): readonly LateFailure[] {
    return this.#extras?.lateFailures ?? NO_FAILURES;
  }

  /** Calls `body` in the scope. */
  run<T>(body: () => T): T {
    const { task, values } = currentContext();
    return runIn(new Context(this, task, values), body);
  }

  /** Nothing runs in it any more. */
  close(): void {
    if (this.#extras !== undefined) this.#extras.end();
    if (!this.#isListed) return;
    this.#isListed = false;
    const list = this.parent ?? OUTERMOST;
    if (this.#after === undefined) list.#newest = this.#before;
    else this.#after.#before = this.#before;
    if (this.#before !== undefined) this.#before.#after = this.#after;
    this.#before = this.#after = undefined;
  }

  get #deadlineMs(): number {
    return this.#extras?.deadlineMs ?? Infinity;
  }

  /** The scope, from the given one outwards, whose deadline comes first. */
  static #nextToEnd(scope: Scope): Scope {
    let next = scope;
    for (let at = scope; !at.isShield && at.parent !== undefined;) {
      at = at.parent;
      if (at.#deadlineMs <= next.#deadlineMs) next = at;
    }
    return next;
  }

  #more(): Extras {
    return (this.#extras ??= new Extras());
  }

  #link(signal: AbortSignal): void {
    const onAbort = (): void => this.cancel(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#more().unlink = () => signal.removeEventListener("abort", onAbort);
  }
}

/** Around all scopes that are in no other one. */
export const OUTERMOST: Scope = (outermost = new Scope({}, OUTSIDE));

/**
 * Throws the reason if the running code is in a scope that was cancelled.
 *
 * Long computations call it now and then, so that they can be told to stop: nothing else looks while they run.
 *
 * @remarks
 * Cost: a few nanoseconds outside any scope or deadline; where there is a deadline, also a look at the clock.
 */
export function throwIfCancelled(): void {
  const { scope } = currentContext();
  if (scope === undefined) return;
  scope.look();
  if (scope.isCancelled) throw scope.reason;
}
