/**
 * Locks and other objects by which threads wait for each other.
 *
 * @packageDocumentation
 */
export { BrokenBarrierError, type Guard, Lock, type LockStatistics, LockStateError } from "./sync/index.ts";
