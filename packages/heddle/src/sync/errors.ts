/** Errors that the shared objects throw. */
import { helpOn } from "#heap";

/** A shared object is not in the state that was asked for: released by somebody who does not hold it, or the like. */
export class LockStateError extends Error {
  override readonly name = "LockStateError";
  readonly code = "ERR_HEDDLE_LOCK_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A barrier was aborted, reset, or left by one that waited, so its parties can no longer meet. */
export class BrokenBarrierError extends Error {
  override readonly name = "BrokenBarrierError";
  readonly code = "ERR_HEDDLE_BROKEN_BARRIER";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}
