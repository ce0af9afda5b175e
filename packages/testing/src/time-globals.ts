/**
 * The clocks and timers of the platform, on virtual time.
 *
 * @packageDocumentation
 */
import { AsyncResource } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import { promisify } from "node:util";
import { replaceMembers } from "./replace-members.ts";
import type { VirtualTimers } from "./virtual-timers.ts";

/** The real ones, whoever has replaced them meanwhile. */
export const realSetImmediate: typeof setImmediate = setImmediate;
const realClearImmediate = clearImmediate;
const realClearTimeout = clearTimeout;
const realSetInterval = setInterval;

/**
 * An interval of twelve days is set to keep a program alive, as Heddle does while something waits. Nothing waits for it to fire,
 * and it is used for longer than virtual time is.
 */
const KEEPS_ALIVE_MS = 2 ** 30;
/** Those that were set in virtual time, now or before. */
const keepingAlive = new Set<NodeJS.Timeout>();
export const realSetTimeout: typeof setTimeout = setTimeout;
const RealDate = Date;

/** Turns of the event loop that code under test has asked for. */
export interface Turns {
  pending: number;
}

interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

type Callback = (...args: unknown[]) => void;

/** Puts virtual clocks and timers in place. Gives what puts the real ones back. */
export function useVirtualTime(virtual: VirtualTimers, startMs: number, turns: Turns): () => void {
  const callbacks = callbackTimers(virtual, turns);
  const promises = promiseTimers(virtual, turns);
  const { setTimeout: wait } = promises;
  Object.defineProperty(callbacks.setTimeout, promisify.custom, { value: wait });
  const putBack = replaceMembers([
    [globalThis, { ...callbacks, Date: dateClass(virtual, startMs) }],
    [timers, callbacks],
    [timersPromises, promises],
    [timersPromises.scheduler, { wait: (ms: number, o?: WaitOptions) => wait(ms, undefined, o) }],
    [performance, { now: () => virtual.nowMs }],
    [AbortSignal, { timeout: (ms: number) => timeoutSignal(virtual, ms) }],
  ]);
  syncBuiltinESMExports();
  return () => {
    putBack();
    syncBuiltinESMExports();
    // What waits still was left to wait for ever.
    for (const keepAlive of keepingAlive) keepAlive.unref();
  };
}

type SetTimer = (callback: Callback, delayMs?: unknown, ...args: unknown[]) => object;
type ClearTimer = (timeout: unknown) => void;

interface CallbackTimers {
  readonly setTimeout: SetTimer;
  readonly setInterval: SetTimer;
  readonly clearTimeout: ClearTimer;
  readonly clearInterval: ClearTimer;
  readonly setImmediate: (callback: Callback, ...args: unknown[]) => object;
  readonly clearImmediate: (immediate: NodeJS.Immediate) => void;
}

function callbackTimers(virtual: VirtualTimers, turns: Turns): CallbackTimers {
  const setter =
    (repeats: boolean) =>
    (callback: Callback, delayMs: unknown = 1, ...args: unknown[]): object => {
      if (typeof callback !== "function")
        throw new TypeError("Cannot set a timer: its callback is no function");
      if (repeats && Number(delayMs) >= KEEPS_ALIVE_MS) {
        const keepAlive = realSetInterval(callback, Number(delayMs), ...args);
        keepingAlive.add(keepAlive);
        return keepAlive;
      }
      return virtual.set(
        AsyncResource.bind(() => callback(...args)),
        Number(delayMs),
        repeats,
      );
    };
  const clear = (timeout: unknown): void => {
    if (!virtual.clear(timeout)) realClearTimeout(timeout as number);
  };
  const waiting = new Set<unknown>();
  return {
    setTimeout: setter(false),
    setInterval: setter(true),
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: (callback: Callback, ...args: unknown[]) => {
      turns.pending++;
      const immediate = realSetImmediate(() => {
        waiting.delete(immediate);
        turns.pending--;
        callback(...args);
      });
      waiting.add(immediate);
      return immediate;
    },
    clearImmediate: (immediate: NodeJS.Immediate) => {
      if (waiting.delete(immediate)) turns.pending--;
      realClearImmediate(immediate);
    },
  };
}

interface PromiseTimers {
  readonly setTimeout: <Value>(delayMs?: number, value?: Value, options?: WaitOptions) => Promise<Value>;
  readonly setInterval: <Value>(
    delayMs?: number,
    value?: Value,
    options?: WaitOptions,
  ) => AsyncGenerator<Value>;
  readonly setImmediate: <Value>(value?: Value, options?: WaitOptions) => Promise<Value>;
}

function promiseTimers(virtual: VirtualTimers, turns: Turns): PromiseTimers {
  const wait = <Value>(delayMs: number = 1, value?: Value, options: WaitOptions = {}): Promise<Value> =>
    new Promise((resolve, reject) => {
      const { signal, ref = true } = options;
      if (signal?.aborted) return reject(abortError(signal));
      const abort = (): void => {
        timeout.close();
        reject(abortError(signal!));
      };
      const end = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve(value!);
      };
      const timeout = virtual.set(end, delayMs, false);
      if (!ref) timeout.unref();
      signal?.addEventListener("abort", abort, { once: true });
    });
  return {
    setTimeout: wait,
    async *setInterval<Value>(delayMs: number = 1, value?: Value, options: WaitOptions = {}) {
      for (let next = virtual.nowMs + delayMs; ; next += delayMs) {
        await wait(Math.max(1, next - virtual.nowMs), undefined, options);
        yield value!;
      }
    },
    setImmediate: <Value>(value?: Value, { signal }: WaitOptions = {}) =>
      new Promise<Value>((resolve, reject) => {
        if (signal?.aborted) return reject(abortError(signal));
        turns.pending++;
        realSetImmediate(() => {
          turns.pending--;
          if (signal?.aborted) reject(abortError(signal));
          else resolve(value!);
        });
      }),
  };
}

function abortError({ reason }: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

function timeoutSignal(virtual: VirtualTimers, delayMs: number): AbortSignal {
  const controller = new AbortController();
  const abort = (): void =>
    controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
  virtual.set(abort, delayMs, false).unref();
  return controller.signal;
}

/** `Date`, for which it is another time. */
function dateClass(virtual: VirtualTimers, startMs: number): DateConstructor {
  const now = (): number => Math.floor(startMs + virtual.nowMs);
  return new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === "now" ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
}
