import { helpOn } from "./help.ts";

/** A wait ran out of time before what it waited for came. Nothing was taken, and everything is as it was. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
  readonly code = "ERR_HEDDLE_TIMEOUT";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** How long the caller was prepared to wait, in milliseconds. */
  readonly timeoutMs: number;

  constructor(operation: string, timeoutMs: number) {
    super(`Cannot complete ${operation}: ${timeoutMs} ms have passed`);
    this.timeoutMs = timeoutMs;
  }
}
