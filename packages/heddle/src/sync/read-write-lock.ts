/**
 * The read-write lock that users have.
 *
 * @packageDocumentation
 */
import { cores } from "./cores-later.ts";
import { unheard } from "../scopes/index.ts";
import { currentOwner } from "./current-owner.ts";
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { FROM_THE_DEAD } from "./lock-words.ts";
import { ObjectKind } from "./object-kinds.ts";
import { knownHere } from "./objects/known-here.ts";
import {
  addressOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import type { Hold, ReadWriteLockCore } from "./read-write-lock-core.ts";
import { checkWaitOptions } from "./wait-options.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";
import { holderIn, type ThreadHolder } from "./who-holds.ts";

/** What a read-write lock knows of itself at one moment; other threads may have changed it since. */
export interface ReadWriteLockStatistics {
  /** How many read. */
  readonly readers: number;
  readonly writing: boolean;
  /** Who writes, if somebody does. */
  readonly writer?: ThreadHolder;
  /** How many wait, to read or to write. */
  readonly waiters: number;
}

/** No task has this number, nor is it that of what runs outside of tasks. */
const NOBODY = -1;

let endRead: (lock: ReadWriteLock, hold: Hold) => void;
let endWrite: (lock: ReadWriteLock) => void;

/**
 * A lock that many can hold to read, or one to write.
 *
 * Who writes may read as well, and go on reading when it has released what it wrote: the same task; outside of tasks
 * whatever the thread of the writer acquires by `acquireReadSync`. (`acquireRead` waits there, and `tryAcquireRead` gives
 * nothing, as the flows of one thread cannot be told apart.) The other way there is none: who reads and then waits to write waits for
 * itself, and so may who reads a second time while somebody waits to write. A thread that ends while it reads does so no
 * more; after one that ended while it wrote, guards are `abandoned` until somebody has written.
 *
 * @remarks
 * Fairness: those who wait do so in one line, in the order of asking; readers behind each other enter together. Nobody
 * overtakes: a writer that waits stops new readers.
 * Cost: to read, two atomic instructions, on memory that is the thread's own: readers of many threads do not slow each
 * other down. To write, a section, and a look at each thread that has ever read.
 * Cancel safety: a wait that ends early leaves the lock as it was, and those behind it go on.
 *
 * @example
 * ```ts
 * import { ReadWriteLock } from "heddle/sync";
 *
 * const lock = new ReadWriteLock();
 * {
 *   using first = await lock.acquireRead();
 *   using second = await lock.acquireRead();
 *   lock.readers; // => 2
 *   lock.tryAcquireWrite(); // => undefined
 * }
 * using guard = await lock.acquireWrite();
 * lock.writing; // => true
 * ```
 */
export class ReadWriteLock extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: ReadWriteLockCore;
  readonly #writing: Writing;

  constructor(options?: SharedOptions) {
    super(options);
    const thread = threadOf(this);
    this.#thread = thread;
    this.#core = new (cores().ReadWriteLockCore)(thread.monitor, addressOf(this), (size) =>
      thread.heap.allocate(size),
    );
    this.#writing = knownHere(this, () => new Writing(this));
  }

  /**
   * Waits until this caller may read, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early; the lock is
   * as it was.
   */
  acquireRead(options?: WaitOptions): Promise<Guard> {
    try {
      const checked = checkWaitOptions(options, "ReadWriteLock.acquireRead()");
      checked.signal?.throwIfAborted();
      const guard = this.tryAcquireRead();
      if (guard !== undefined) return Promise.resolve(guard);
      const { reading, entry } = this.#core;
      return unheard(
        this.#thread.waits.promise(reading, entry, checked).then((how) => new ReadGuard(this, how)),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As `acquireRead`, blocking the thread: its event loop stands still meanwhile.
   *
   * @throws `LockStateError` when it would wait for this thread itself, and for ever.
   */
  acquireReadSync(options?: WaitOptions): Guard {
    const checked = checkWaitOptions(options, "ReadWriteLock.acquireReadSync()");
    checked.signal?.throwIfAborted();
    const hold = this.#core.tryRead(this.#writing.task === currentOwner());
    if (hold !== 0) return new ReadGuard(this, hold);
    const { reading, entry } = this.#core;
    if (this.#writing.task !== NOBODY) this.#refuseToWait("read", "writes", checked);
    return new ReadGuard(this, this.#thread.waits.block(reading, entry, checked));
  }

  /** The right to read, if nobody writes or waits, or the task of the caller writes; else `undefined`. Never waits. */
  tryAcquireRead(): Guard | undefined {
    // Outside of tasks the flows of a thread cannot be told apart, and have to exclude each other.
    const { task } = this.#writing;
    const hold = this.#core.tryRead(task > 0 && task === currentOwner());
    return hold === 0 ? undefined : new ReadGuard(this, hold);
  }

  /**
   * Waits until this caller may write, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early; the lock is
   * as it was.
   */
  acquireWrite(options?: WaitOptions): Promise<Guard> {
    try {
      const checked = checkWaitOptions(options, "ReadWriteLock.acquireWrite()");
      checked.signal?.throwIfAborted();
      const guard = this.tryAcquireWrite();
      if (guard !== undefined) return Promise.resolve(guard);
      return unheard(
        this.#thread.waits.promise(this.#core.writing, 0, checked).then((hold) => this.#write(hold)),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As `acquireWrite`, blocking the thread: its event loop stands still meanwhile.
   *
   * @throws `LockStateError` when it would wait for this thread itself, and for ever.
   */
  acquireWriteSync(options?: WaitOptions): Guard {
    const checked = checkWaitOptions(options, "ReadWriteLock.acquireWriteSync()");
    checked.signal?.throwIfAborted();
    const guard = this.tryAcquireWrite();
    if (guard !== undefined) return guard;
    if (this.#writing.task !== NOBODY) this.#refuseToWait("write", "writes", checked);
    if (this.#core.readers.here > 0) this.#refuseToWait("write", "reads", checked);
    return this.#write(this.#thread.waits.block(this.#core.writing, 0, checked));
  }

  /** The right to write, if nobody reads, writes or waits; else `undefined`. Never waits. */
  tryAcquireWrite(): Guard | undefined {
    const hold = this.#core.tryWrite();
    return hold === 0 ? undefined : this.#write(hold);
  }

  /** How many read; for a moment also one that is about to, and finds then that it has to wait. */
  get readers(): number {
    return this.#core.readers.all;
  }

  /** Whether somebody writes. */
  get writing(): boolean {
    return this.#core.writer !== 0;
  }

  /** Who holds it, and how many wait, at this moment. */
  statistics(): ReadWriteLockStatistics {
    const writer = holderIn(this.#thread.heap, this.#core.writer);
    const { readers } = this;
    const { waiters } = this.#core;
    return { readers, writing: writer !== undefined, ...(writer && { writer }), waiters };
  }

  static {
    endRead = (lock, hold) => lock.#core.releaseRead(hold);
    endWrite = (lock) => {
      lock.#writing.task = NOBODY;
      lock.#core.releaseWrite();
    };
  }

  #write(hold: Hold): Guard {
    this.#writing.task = currentOwner();
    return new WriteGuard(this, hold);
  }

  #refuseToWait(to: string, already: string, { timeoutMs = Infinity }: WaitOptions): void {
    if (timeoutMs !== Infinity) return;
    throw new LockStateError(
      `Cannot block to ${to} under lock "${this.name}": this thread ${already}, and would wait for itself`,
    );
  }
}

/** Who of this thread writes. */
class Writing {
  /** The task that does. */
  task = NOBODY;
  /** As {@link knownHere} asks. */
  readonly lock: ReadWriteLock;

  constructor(lock: ReadWriteLock) {
    this.lock = lock;
  }
}

class ReadGuard implements Guard {
  #lock: ReadWriteLock | undefined;
  readonly #hold: Hold;

  constructor(lock: ReadWriteLock, hold: Hold) {
    this.#lock = lock;
    this.#hold = hold;
  }

  get held(): boolean {
    return this.#lock !== undefined;
  }

  get abandoned(): boolean {
    return (this.#hold & FROM_THE_DEAD) !== 0;
  }

  release(): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    endRead(lock, this.#hold);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

class WriteGuard implements Guard {
  readonly abandoned: boolean;
  #lock: ReadWriteLock | undefined;

  constructor(lock: ReadWriteLock, hold: Hold) {
    this.#lock = lock;
    this.abandoned = (hold & FROM_THE_DEAD) !== 0;
  }

  get held(): boolean {
    return this.#lock !== undefined;
  }

  release(): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    endWrite(lock);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

registerShared(ReadWriteLock, {
  kind: ObjectKind.READ_WRITE_LOCK,
  name: "ReadWriteLock",
  version: 1,
  get sizeBytes() {
    return cores().READ_WRITE_LOCK_BYTES;
  },
  destroy: (heap, address) => cores().freeReadWriteLock(heap, address),
});
registerReclaim(ObjectKind.READ_WRITE_LOCK, (monitor, object, node) =>
  cores().reclaimWrite(monitor, object, node),
);
