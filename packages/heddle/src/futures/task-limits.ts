/**
 * What ends a call before its body does: a signal, the scope it was made in, or a limit on its run.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import type { Scope } from "../scopes/index.ts";
import type { Call } from "./pool/call.ts";
import { delayFor } from "./timers.ts";

/** The calls that each signal or scope cancels. One listener serves them all: a signal looks through its listeners at each new one. */
const linked = new WeakMap<AbortSignal | Scope, Set<Call>>();

/** Lets `signal` cancel the call: a queued one never runs, and nobody waits for a running one any more. */
export function linkSignal(call: Call, signal: AbortSignal): void {
  link(call, signal, (callOff) => {
    signal.addEventListener("abort", () => callOff(signal.reason), { once: true });
  });
}

/** Lets `scope` cancel the call, and holds the scope until no worker runs it any more. */
export function linkScope(call: Call, scope: Scope): void {
  call.scope = scope;
  link(call, scope, (callOff) => void scope.onCancel(callOff));
  call.onceFree(scope.hold());
}

function link(
  call: Call,
  source: AbortSignal | Scope,
  listen: (callOff: (reason: unknown) => void) => void,
): void {
  let calls = linked.get(source);
  if (calls === undefined) {
    const fresh = new Set<Call>();
    linked.set(source, (calls = fresh));
    listen((reason) => {
      for (const each of fresh) each.callOff(reason);
    });
  }
  const group = calls;
  group.add(call);
  call.onRelease(() => group.delete(call));
}

/** Errors of calls that ran too long. One that a body throws of the same class is another thing. */
const runLimits = new WeakSet<object>();

/** What a task fails with that ran for longer than `timeoutMs`. */
export function runLimit(what: string, timeoutMs: number): TimeoutError {
  const error = new TimeoutError(what, timeoutMs);
  runLimits.add(error);
  return error;
}

/** Whether a call failed with this error because it ran too long. */
export function isRunLimit(error: unknown): boolean {
  return error instanceof TimeoutError && runLimits.has(error);
}

/**
 * Ends the call, and the worker that runs it, `timeoutMs` after its body began.
 *
 * A look at the call that finds it queued is repeated after `timeoutMs`: if its body began meanwhile, the limit has
 * not passed by then. So a look never comes late, and there is nothing to be told when a body begins.
 */
export function limitRun(call: Call, timeoutMs: number): void {
  call.expectStart();
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const endMs = call.isClaimed ? call.startedMs + timeoutMs : Infinity;
    const leftMs = Math.min(endMs - nowMs(), timeoutMs);
    if (leftMs > 0) wait(leftMs);
    else call.cutOff(runLimit(call.runName, timeoutMs));
  };
  const wait = (milliseconds: number): void => {
    // The call keeps the program alive, not its limit.
    timer = setTimeout(look, delayFor(milliseconds)).unref();
  };
  wait(timeoutMs);
  call.onRelease(() => clearTimeout(timer));
}

/** Milliseconds since 1970, the same in all threads and never going back. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
