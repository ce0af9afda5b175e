/**
 * What ends a wait early: time, a signal, the scope of the code that waits.
 *
 * @packageDocumentation
 */
import { throwIfCancelled, tieToScope } from "../scopes/index.ts";
import type { WaitOptions } from "./wait-options.ts";

/** How a wait ends early. */
export interface EarlyEnd {
  timedOut(timeoutMs: number): void;
  cancelled(reason: unknown): void;
}

/** Throws the reason if there is to be no wait at all. */
export function throwIfEnded({ signal }: WaitOptions): void {
  signal?.throwIfAborted();
  throwIfCancelled();
}

/** Ends a wait early that has just begun, if it comes to that before what this gives is called. */
export function limitWait({ timeoutMs, signal }: WaitOptions, operation: string, end: EarlyEnd): () => void {
  const untie = tieToScope(operation, (reason) => end.cancelled(reason));
  const onAbort = (): void => end.cancelled(signal!.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer =
    timeoutMs === undefined || timeoutMs === Infinity
      ? undefined
      : setTimeout(() => end.timedOut(timeoutMs), timeoutMs);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    untie?.();
  };
}
