import { TimeoutError } from "#heap";
import { currentContext, endingBy, LongTimer } from "../scopes/index.ts";
import { checkDuration } from "./checks.ts";

/**
 * A signal that aborts when `timeoutMs` have passed, with a `TimeoutError`; or when the running code is told to stop,
 * with that reason. It does not keep the program alive. Waits that block the thread hear it, too, as they do not hear one of
 * `AbortSignal.timeout()`; but not those that follow it by `AbortSignal.any()`.
 *
 * @remarks
 * Cost: half a kilobyte until its time is over, also when nobody has the signal any more: those that follow it by
 * `AbortSignal.any` do not keep it. For many limits of minutes take `withTimeout`, which leaves nothing.
 *
 * @example
 * ```ts
 * import { timeoutSignal } from "heddle";
 *
 * timeoutSignal(0).reason.code; // => "ERR_HEDDLE_TIMEOUT"
 * ```
 */
export function timeoutSignal(timeoutMs: number): AbortSignal {
  checkDuration(timeoutMs, "timeoutSignal()");
  const { scope } = currentContext();
  if (scope?.isCancelled === true) return AbortSignal.abort(scope.reason);
  if (timeoutMs === 0) return AbortSignal.abort(new TimeoutError("timeoutSignal()", timeoutMs));
  const controller = new AbortController();
  const timeOut = (): void => {
    forget?.();
    controller.abort(new TimeoutError("timeoutSignal()", timeoutMs));
  };
  const timer = new LongTimer(timeOut, timeoutMs, true);
  const forget = scope?.onCancel((reason) => {
    timer.clear();
    controller.abort(reason);
  });
  return endingBy(controller.signal, timer);
}
