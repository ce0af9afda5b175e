/** Errors that the shared objects throw. */

/** A shared object is not in the state that was asked for: released by somebody who does not hold it, or the like. */
export class LockStateError extends Error {
  override readonly name = "LockStateError";
  readonly code = "ERR_HEDDLE_LOCK_STATE";
}

/** A barrier was aborted, reset, or left by one that waited, so its parties can no longer meet. */
export class BrokenBarrierError extends Error {
  override readonly name = "BrokenBarrierError";
  readonly code = "ERR_HEDDLE_BROKEN_BARRIER";
}
