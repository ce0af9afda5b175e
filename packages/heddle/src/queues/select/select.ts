/**
 * Waiting for the first of several things to happen, and doing that one only.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import {
  currentContext,
  LongTimer,
  madeLate,
  runIn,
  tieToScope,
  toldWhere,
  unheard,
} from "../../scopes/index.ts";
import { checkWaitOptions, timeLeft, type WaitOptions } from "../../sync/index.ts";
import type { Channel } from "../channel/channel.ts";
import type { SelectCase } from "./select-case.ts";
import { type LocalEntry, type Result, resultOfLocal, Selection } from "./selection.ts";

/** What a `select` can choose among. One that is `undefined` is left out. */
export type Selectable = Channel<any> | SelectCase | PromiseLike<unknown> | undefined;

/** The name of the case that took effect, and what it gave. */
export type Selected<C extends Readonly<Record<string, Selectable>>> = {
  [K in keyof C & string]: SelectedCase<K, NonNullable<C[K]>>;
}[keyof C & string];

type SelectedCase<K, S> =
  S extends Channel<infer T>
    ? { readonly name: K; readonly value: T; readonly closed: false } | SelectedClosed<K>
    : S extends SelectCase
      ? { readonly name: K; readonly value: undefined; readonly closed: false }
      : { readonly name: K; readonly value: Awaited<S>; readonly closed: false };

/** A channel that is closed, and empty. */
interface SelectedClosed<K> {
  readonly name: K;
  readonly closed: true;
  /** What it was closed with; not there if with nothing. */
  readonly error?: Error;
}

/**
 * Waits until one of the cases can happen, and has exactly that one happen: a channel is received from, a value is sent
 * (`channel.sending(value)`), a time has come (`after(ms)`), a future or promise is done.
 *
 * Of the cases that are ready one is taken at random. The others are as if they had not been tried. The same channel may
 * stand in several cases, and on both sides; a select never receives what it sends itself.
 *
 * @param cases - By name. At most 64 of them are channels. What is to be sent is copied once, before anything is tried.
 * @throws `ChannelClosedError` when a value was to be sent to a channel that is closed. What a future that is done was
 * rejected with. `TypeError` when there are no cases, and no end to the wait. `TimeoutError`, or the reason of the
 * signal or of the scope around, when the wait ends early; then no case has happened.
 *
 * @remarks
 * Whether a promise that is no future of Heddle is done is known only some microtasks after it is waited for first.
 *
 * @example
 * ```ts
 * import { Channel, select } from "heddle/queues";
 *
 * const jobs = new Channel<string>(1);
 * const stop = new Channel<void>();
 * await jobs.send("sweep");
 *
 * const next = await select({ job: jobs, stop });
 * next.name; // => "job"
 * if (next.name === "job" && !next.closed) next.value; // => "sweep"
 * ```
 */
export function select<const C extends Readonly<Record<string, Selectable>>>(
  cases: C,
  options?: WaitOptions,
): Promise<Selected<C>> {
  return unheard(selectOne(cases, options));
}

async function selectOne<const C extends Readonly<Record<string, Selectable>>>(
  cases: C,
  options: WaitOptions | undefined,
): Promise<Selected<C>> {
  const checked = checkWaitOptions(options, "select()");
  checked.signal?.throwIfAborted();
  const selection = new Selection(cases, "select()", "later");
  try {
    checkEnd(selection, checked, "select()");
    const now = selection.hasReady ? selection.tryNow() : undefined;
    return (now ?? (await selectLater(selection, checked))) as Selected<C>;
  } finally {
    selection.end();
  }
}

/**
 * As `select`, blocking the thread: its event loop stands still meanwhile.
 *
 * @throws `TypeError` for a future that is not done: it could not be done while the thread is blocked.
 */
export function selectSync<const C extends Readonly<Record<string, Selectable>>>(
  cases: C,
  options?: WaitOptions,
): Selected<C> {
  const checked = checkWaitOptions(options, "selectSync()");
  checked.signal?.throwIfAborted();
  const selection = new Selection(cases, "selectSync()", "blocking");
  try {
    checkEnd(selection, checked, "selectSync()");
    const now = selection.hasReady ? selection.tryNow() : undefined;
    return (now ?? selectBlocking(selection, checked)) as Selected<C>;
  } finally {
    selection.end();
  }
}

/**
 * As `select`, if a case is ready; else `undefined`. Never waits.
 *
 * It looks at all channels at one moment: if it gives `undefined`, there was a moment when no case was ready.
 */
export function trySelect<const C extends Readonly<Record<string, Selectable>>>(
  cases: C,
): Selected<C> | undefined {
  const selection = new Selection(cases, "trySelect()", "now");
  try {
    return selection.tryNow() as Selected<C> | undefined;
  } finally {
    selection.end();
  }
}

function selectBlocking(selection: Selection, { timeoutMs = Infinity, signal }: WaitOptions): Result {
  let first: LocalEntry | undefined;
  for (const entry of selection.local) if (first === undefined || entry.at! < first.at!) first = entry;
  const leftMs = first === undefined ? Infinity : Math.max(0, first.at! - performance.now());
  const scopeMs = timeLeft();
  const limitMs = Math.min(leftMs, timeoutMs, scopeMs);
  const chosen = selection.thread.choices.block(selection.sides, limitMs, signal);
  if (chosen !== undefined) return selection.resultOf(chosen) as Result;
  signal?.throwIfAborted();
  timeLeft();
  if (first === undefined || timeoutMs < leftMs) throw new TimeoutError("selectSync()", timeoutMs);
  return resultOfLocal(first);
}

function selectLater(selection: Selection, { timeoutMs = Infinity, signal }: WaitOptions): Promise<Result> {
  const result = new Promise<Result>((resolve, reject) => {
    const forget: (() => void)[] = [];
    const finish = (how: () => Result | Promise<Result>): void => {
      for (const each of forget) each();
      try {
        resolve(how());
      } catch (error) {
        reject(error);
      }
    };
    const wait = selection.thread.choices.later(selection.sides, (chosen) =>
      finish(() => selection.resultOf(chosen())),
    );
    if ("index" in wait) {
      finish(() => selection.resultOf(wait));
      return;
    }
    /** Unless another case has happened already, of which we are about to hear. */
    const end = (how: () => Result): void => {
      if (wait.withdraw()) finish(how);
    };
    const endAfter = (delayMs: number, how: () => Result): void => {
      const timer = new LongTimer(() => end(how), delayMs, false);
      forget.push(() => timer.clear());
    };
    // Where it is told: a future tells the code that waits for it what has become of it.
    const context = currentContext();
    for (const entry of selection.local) {
      const how = (): Result => runIn(context, () => resultOfLocal(entry));
      if (entry.settling === undefined) endAfter(Math.max(0, entry.at! - performance.now()), how);
      else forget.push(entry.settling.whenDone(() => end(how)));
    }
    endAfter(timeoutMs, () => {
      throw madeLate(new TimeoutError("select()", timeoutMs));
    });
    const endWith = (reason: unknown): void =>
      end(() => {
        throw reason;
      });
    const leaveScope = tieToScope("select()", endWith);
    if (leaveScope !== undefined) forget.push(leaveScope);
    if (signal === undefined) return;
    const onAbort = (): void => endWith(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    forget.push(() => signal.removeEventListener("abort", onAbort));
  });
  return toldWhere(result);
}

function checkEnd(
  selection: Selection,
  { timeoutMs = Infinity, signal }: WaitOptions,
  operation: string,
): void {
  const mayEnd = timeoutMs !== Infinity || (signal !== undefined && operation === "select()");
  if (!selection.isEmpty || mayEnd) return;
  throw new TypeError(
    `Cannot begin ${operation}: it has no cases, and would wait for ever; give it a case, or timeoutMs`,
  );
}
