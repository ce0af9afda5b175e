/** What primitives do their work by, and how a thread comes to wait at them: loaded by the first that is made. */
export { LOCK_BYTES, LockCore } from "./lock-core.ts";
export {
  freeReadWriteLock,
  READ_WRITE_LOCK_BYTES,
  ReadWriteLockCore,
  reclaimWrite,
} from "./read-write-lock-core.ts";
export { RLOCK_BYTES, RLockCore } from "./rlock-core.ts";
export {
  freeSemaphore,
  reclaimPermits,
  SEMAPHORE_BYTES,
  SemaphoreCore,
  writeSemaphore,
} from "./semaphore-core.ts";
export { beginToLeave, tellToLook } from "./waiting/ends.ts";
export { join } from "./waiting/joining.ts";
