/**
 * Waits that a time limit, a signal or the scope around them may end early, whatever it is that they wait for.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { madeLate, tieToScope, toldWhere } from "../../scopes/index.ts";
import { checkWaitOptions, type WaitOptions } from "../../sync/index.ts";
import { keepAlive } from "./keep-alive.ts";

/** Who waits. Only the first answer counts. */
export interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Asks a wait to end early. It answers its waiter with this reason; or with what came before it could be stopped. */
export type EndEarly = (reason: unknown) => void;

/**
 * Waits for what `begin` begins.
 *
 * @param operation - What waits: `Connection.receive()`.
 * @param begin - Begins the wait, and gives what ends it early. With `timeoutMs: 0` that is called at once.
 * @returns What the waiter is given, after the wait is over: a wait that throws `TimeoutError`, or the signal's or the scope's
 * reason, has changed nothing.
 */
export async function waitFor<T>(
  operation: string,
  options: WaitOptions | undefined,
  begin: (waiter: Waiter<T>) => EndEarly,
): Promise<T> {
  const { timeoutMs = Infinity, signal } = checkWaitOptions(options, operation);
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const endEarly = begin({ resolve, reject });
  const untie = tieToScope(operation, endEarly);
  const onAbort = (): void => endEarly(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  if (timeoutMs === 0) endEarly(new TimeoutError(operation, 0));
  else if (timeoutMs !== Infinity) {
    timer = setTimeout(() => endEarly(madeLate(new TimeoutError(operation, timeoutMs))), timeoutMs);
  }
  const letGo = keepAlive();
  try {
    return await toldWhere(promise);
  } finally {
    letGo();
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    untie?.();
  }
}
