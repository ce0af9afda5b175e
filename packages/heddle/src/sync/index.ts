/** Shared objects: handles for what threads have in common in the heap, and how long that lives. */
export { Cargo, giveUpListed, listBytes, takeListed } from "./objects/cargo.ts";
export { FIRST_OWN, writeHeader } from "./objects/header.ts";
export {
  addressOf,
  existing,
  keepObjectsIn,
  publish,
  reachOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
export { type Reach, SHARED } from "./objects/reach.ts";
export { Barrier, type BarrierOptions, type BarrierStatistics } from "./barrier.ts";
export { BrokenBarrierError, LockStateError } from "./errors.ts";
export { Event, type EventStatistics } from "./event.ts";
export type { Guard } from "./guard.ts";
export { Latch, type LatchStatistics } from "./latch.ts";
export { Lock, type LockStatistics } from "./lock.ts";
export { RLock, type RLockStatistics } from "./rlock.ts";
export { Condition, type ConditionStatistics } from "./condition.ts";
export { storedValues, type StoredValues, storedValuesIn } from "./objects/stored-values.ts";
export { Once, type OnceStatistics } from "./once.ts";
export { ReadWriteLock, type ReadWriteLockStatistics } from "./read-write-lock.ts";
export {
  BoundedSemaphore,
  Semaphore,
  type SemaphoreAcquireOptions,
  type SemaphoreStatistics,
} from "./semaphore.ts";
export { RELEASE_BYTES, ReleaseCore, STATE as RELEASE_STATE, WAITERS } from "./release-core.ts";
export { ObjectKind } from "./object-kinds.ts";
export { type Outcome, registerSettling, type Settling, settlingOf } from "./settling.ts";
export { checkKnown, hintFor } from "./known-options.ts";
export { checkWaitLimits, checkWaitOptions } from "./wait-options.ts";
export type { Chosen } from "./waiting/choices.ts";
export type { EndWords } from "./waiting/end-words.ts";
export type { Monitor } from "./waiting/monitor.ts";
export { ANSWER, CELL, GROUP, NONE, WANT } from "./waiting/node.ts";
export { registerReclaim } from "./waiting/reclaims.ts";
export { MAX_GATES } from "./waiting/record.ts";
export {
  rouse,
  type ThisThread,
  thisThread,
  thisThreadIn,
  threadEnded,
  whileBlocked,
} from "./waiting/this-thread.ts";
export { append, claimFirst, firstOf, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
export type { Alternative, Place, WaitOptions } from "./waiting/waits.ts";
export { nameThreadsBy, type ThreadHolder } from "./who-holds.ts";
export { timeLeft } from "./waiting/within-scope.ts";
