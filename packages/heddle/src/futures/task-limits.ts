/**
 * What ends a call before its body does: a signal, or a limit on its run.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import type { Call } from "./calls.ts";

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Lets `signal` cancel the call: a queued one never runs, and nobody waits for a running one any more. */
export function linkSignal(call: Call, signal: AbortSignal): void {
  const onAbort = (): void => call.callOff(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  call.onRelease(() => signal.removeEventListener("abort", onAbort));
}

/**
 * Ends the call, and the worker that runs it, `timeoutMs` after its body began.
 *
 * A look at the call that finds it queued is repeated after `timeoutMs`: if its body began meanwhile, the limit has
 * not passed by then. So a look never comes late, and there is nothing to be told when a body begins.
 */
export function limitRun(call: Call, timeoutMs: number): void {
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const leftMs = call.isRunning() ? call.startedMs + timeoutMs - nowMs() : timeoutMs;
    if (leftMs > 0) wait(leftMs);
    else call.cutOff(new TimeoutError(`task ${call.taskName}`, timeoutMs));
  };
  const wait = (delayMs: number): void => {
    // The future of the call keeps the program alive, not its limit.
    timer = setTimeout(look, Math.min(Math.ceil(delayMs), LONGEST_TIMEOUT_MS)).unref();
  };
  wait(timeoutMs);
  call.onRelease(() => clearTimeout(timer));
}

/** Milliseconds since 1970, the same in all threads and never going back. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
