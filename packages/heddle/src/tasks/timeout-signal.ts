import { TimeoutError } from "#heap";
import { currentContext, LongTimer } from "../scopes/index.ts";
import { checkDuration } from "./checks.ts";

/**
 * A signal that aborts when `timeoutMs` have passed, with a `TimeoutError`; or when the running code is told to stop,
 * with that reason. It does not keep the program alive.
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
  const controller = new AbortController();
  const timeOut = (): void => controller.abort(new TimeoutError("timeoutSignal()", timeoutMs));
  if (timeoutMs === 0) timeOut();
  else {
    const timer = new LongTimer(timeOut, timeoutMs, true);
    controller.signal.addEventListener("abort", () => timer.clear(), { once: true });
  }
  const forget = scope?.onCancel((reason) => controller.abort(reason));
  if (forget !== undefined) controller.signal.addEventListener("abort", forget, { once: true });
  return controller.signal;
}
