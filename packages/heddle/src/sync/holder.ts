/**
 * What a lock and a reentrant lock have in common: how they are waited for.
 *
 * @packageDocumentation
 */
import type { Guard } from "./guard.ts";
import type { LockCore } from "./lock-core.ts";
import { heapOf, type SharedObject } from "./objects/shared-object.ts";
import { checkWaitOptions } from "./wait-options.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { Place, WaitOptions } from "./waiting/waits.ts";
import { holderIn, type ThreadHolder } from "./who-holds.ts";

/** Where a lock is acquired. */
export interface Acquiring extends Place<Guard> {
  tryAcquire(): Guard | undefined;
}

/** Where it is acquired by who blocks, too. */
export interface Blocking extends Acquiring {
  /** As `operation`, of what blocks. */
  readonly operationSync: string;
}

/** A lock as one thread holds it: which of its guards do so. */
export interface Holder extends Blocking {
  readonly core: LockCore;
  /** Whether the caller holds the lock. */
  readonly isHeld: boolean;
  /** The lock is given up for the time of a wait. */
  suspend(): Suspended;
  /** The wait is over: the node was granted the lock. */
  resume(suspended: Suspended, node: number): void;
}

/** The guards that hold a lock again once a wait at its condition is over. */
export type Suspended = readonly Guard[];

/** Whether a lock is held, and by whom. */
export function heldBy(lock: SharedObject, { owner }: LockCore): { locked: boolean; holder?: ThreadHolder } {
  const holder = holderIn(heapOf(lock), owner);
  return holder === undefined ? { locked: owner !== 0 } : { locked: true, holder };
}

/** Tries of a blocking acquire before it stands in line: a lock is mostly held for less than a microsecond. */
const SPINS = 40;

export function acquire(
  thread: ThisThread,
  holder: Acquiring,
  options: WaitOptions | undefined,
): Promise<Guard> {
  try {
    const checked = checkWaitOptions(options, holder.operation);
    checked.signal?.throwIfAborted();
    const guard = holder.tryAcquire();
    return guard === undefined ? thread.waits.promise(holder, 0, checked) : Promise.resolve(guard);
  } catch (error) {
    return Promise.reject(error);
  }
}

export function acquireSync(thread: ThisThread, holder: Blocking, options: WaitOptions | undefined): Guard {
  const checked = checkWaitOptions(options, holder.operationSync);
  checked.signal?.throwIfAborted();
  for (let spins = SPINS; spins > 0; spins--) {
    const guard = holder.tryAcquire();
    if (guard !== undefined) return guard;
    thread.heap.pause();
  }
  return thread.waits.block(holder, 0, checked);
}

/** Runs a body while holding a lock. */
export async function runHolding<T>(
  acquiring: () => Promise<Guard>,
  body: () => T | PromiseLike<T>,
  operation: string,
): Promise<T> {
  if (typeof body !== "function") {
    throw new TypeError(`Cannot begin ${operation}: the body must be a function, and is ${String(body)}`);
  }
  using _guard = await acquiring();
  return await body();
}
