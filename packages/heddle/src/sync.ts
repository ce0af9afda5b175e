/**
 * Locks and other objects by which threads wait for each other.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export {
  Barrier,
  type BarrierOptions,
  type BarrierStatistics,
  BoundedSemaphore,
  BrokenBarrierError,
  Event,
  type EventStatistics,
  Condition,
  type ConditionStatistics,
  type Guard,
  Latch,
  type LatchStatistics,
  Lock,
  type LockStatistics,
  LockStateError,
  Once,
  type OnceStatistics,
  ReadWriteLock,
  type ReadWriteLockStatistics,
  Semaphore,
  type SemaphoreAcquireOptions,
  type SemaphoreStatistics,
  RLock,
  type RLockStatistics,
  type ThreadHolder,
  type WaitOptions,
} from "./sync/index.ts";
