/**
 * The queue that users have.
 *
 * @packageDocumentation
 */
import { queueing } from "../queueing-later.ts";
import { throwIfCancelled, unheard } from "../../scopes/index.ts";
import {
  addressOf,
  checkWaitOptions,
  ObjectKind,
  reachOf,
  SharedObject,
  type SharedOptions,
  type ThisThread,
  threadOf,
  type WaitOptions,
} from "../../sync/index.ts";
import { NotLoadedError } from "../../wire/index.ts";
import { QueueShutDownError } from "../errors.ts";
import type { Item } from "./items.ts";
import type { Lookout } from "../lookout.ts";
import { checkMaxSize, checkShutdown } from "../options.ts";
import type { QueueCore } from "./queue-core.ts";
import { queueKind, type QueueOperations, registerQueue } from "./queue-kinds.ts";
import type { GetPlace, JoinPlace, PutPlace } from "./queue-waits.ts";
import { type Attempt, DONE, ENDED, GET, JOIN, NOT_NOW, PUT } from "./queue-words.ts";
import { toldWhere } from "../unsendable.ts";

/** What the constructor of every queue takes. */
export interface QueueOptions extends SharedOptions {
  /** How many items may be in it; who puts more waits. 0, or absent: as many as there is memory for. */
  readonly maxSize?: number | undefined;
}

/** How a queue ends. */
export interface QueueShutdownOptions {
  /** Drops what is in the queue, as if it had been done. Default: it can still be taken. */
  readonly immediate?: boolean | undefined;
}

/** What a queue knows of itself at one moment; other threads may have changed it since. */
export interface QueueStatistics {
  /** How many items are in it. */
  readonly size: number;
  /** How many items were put and not said to be done. */
  readonly unfinished: number;
  /** How many wait for an item. */
  readonly getters: number;
  /** How many wait for room. */
  readonly putters: number;
  /** How many wait for all items to be done. */
  readonly joiners: number;
}

/** Sets what the next put of a queue goes by. */
export let setPriority: <T>(queue: Queue<T>, priority: number) => void;

/** How users call what they do with a queue. */
export let operationsOf: <T>(queue: Queue<T>) => QueueOperations;

/**
 * Items on their way between threads, the oldest first. Any value that can be sent to a worker can be put.
 *
 * Any number of threads may put and get. The items are in shared memory: an unbounded queue grows as it is needed, and gives
 * the memory back. An item that was put is there however the thread ends that put it.
 *
 * @remarks
 * Fairness: those who wait are served in the order in which they began to wait, threads that block and tasks that await in
 * one line, and nobody overtakes them. A blocking wait looks for some microseconds before it stands in line, and in a stream of values naps
 * for a twentieth of a millisecond.
 * Cost: about two atomic instructions for a put or a get that need not wait, of a number, a boolean or a short string; other
 * values are copied into shared memory and out of it.
 * Cancel safety: a wait that ends early leaves the queue as it was.
 *
 * @example
 * ```ts
 * import { Queue } from "heddle";
 *
 * const queue = new Queue<string>();
 * await queue.put("a");
 * queue.putSync("b");
 * await queue.get(); // => "a"
 * queue.size; // => 1
 * ```
 */
export class Queue<T> extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: QueueCore;
  readonly #out: Item;
  readonly #in: Item;
  readonly #getting: GetPlace<T>;
  readonly #gettingSync: GetPlace<T>;
  readonly #putting: PutPlace;
  readonly #puttingSync: PutPlace;
  readonly #lookingForItems: Lookout;
  readonly #lookingForRoom: Lookout;
  readonly #joining: JoinPlace;
  readonly #joiningSync: JoinPlace;
  readonly #operations: QueueOperations;

  constructor(options?: QueueOptions) {
    // A minifier that puts a function in its call's place, as terser does, loses what `new.target` is there.
    const cls = new.target;
    const { name, order, operations } = queueKind(cls);
    const { GetPlace, Item, JoinPlace, Lookout, MAX_SIZE, PutPlace, [order]: form } = queueing();
    super(options, (heap, address) => {
      heap.poke(address + MAX_SIZE, checkMaxSize(options?.maxSize, name));
      form.initialise(heap, address);
    });
    this.#operations = operations;
    this.#thread = threadOf(this);
    const { heap, monitor } = this.#thread;
    this.#out = new Item(heap);
    this.#in = new Item(heap);
    const core = (this.#core = form.core(heap, monitor, addressOf(this), reachOf(this)));
    this.#getting = new GetPlace(heap, core, operations.get, (how, item) => this.#receive(how, item));
    this.#gettingSync = new GetPlace(heap, core, operations.getSync, (how, item) =>
      this.#receiveSync(how, item),
    );
    this.#putting = new PutPlace(heap, core, operations.put, this.#out);
    this.#puttingSync = new PutPlace(heap, core, operations.putSync, this.#out);
    const bed = core.object + MAX_SIZE;
    this.#lookingForItems = new Lookout(heap, bed, core.maxSize || Infinity);
    this.#lookingForRoom = new Lookout(heap, bed, core.maxSize);
    this.#joining = new JoinPlace(core, operations.join);
    this.#joiningSync = new JoinPlace(core, operations.joinSync);
  }

  /**
   * Puts an item, and waits for room without blocking the thread.
   *
   * @throws `QueueShutDownError` when the queue was shut down, before or while it waits. `WireError`, at once, when the
   * item cannot travel. `HeapFullError` when there is no memory for it. `TimeoutError`, or the reason of the signal or
   * of the scope around, when the wait ends early. The item is not in the queue then, and what `transfer()` marked in
   * it is still here, and marked.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    try {
      const checked = checkWaitOptions(options, this.#putting.operation);
      checked.signal?.throwIfAborted();
      this.#write(item);
      const how = this.#putNow();
      return how === DONE ? Promise.resolve() : unheard(this.#putLater(checked));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `put`, blocking the thread: its event loop stands still meanwhile. */
  putSync(item: T, options?: WaitOptions): void {
    throwIfCancelled();
    const checked =
      options === undefined ? undefined : checkWaitOptions(options, this.#puttingSync.operation);
    checked?.signal?.throwIfAborted();
    this.#write(item);
    if (this.#putNow() !== DONE) this.#putSlowly(checked);
  }

  /**
   * Puts an item if there is room, and gives whether there was. Never waits.
   *
   * @throws As `put`.
   */
  tryPut(item: T): boolean {
    if (typeof item === "object" && !this.#core.isWorthPutting) return false;
    this.#write(item);
    if (this.#putNow() === DONE) return true;
    this.#out.drop();
    return false;
  }

  /**
   * Takes the next item, and waits for one without blocking the thread.
   *
   * @throws `QueueShutDownError` when the queue was shut down, and is empty. `TimeoutError`, or the reason of the
   * signal or of the scope around, when the wait ends early. What the item itself throws when it cannot be had in this
   * thread; it is gone then.
   */
  get(options?: WaitOptions): Promise<T> {
    try {
      const checked = checkWaitOptions(options, this.#getting.operation);
      checked.signal?.throwIfAborted();
      const how = this.#core.tryGet(this.#in);
      if (how === NOT_NOW) return this.#thread.waits.promise(this.#getting, GET, checked);
      return Promise.resolve(this.#receive(how, this.#in));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `get`, blocking the thread: its event loop stands still meanwhile. */
  getSync(options?: WaitOptions): T {
    throwIfCancelled();
    const checked =
      options === undefined ? undefined : checkWaitOptions(options, this.#gettingSync.operation);
    checked?.signal?.throwIfAborted();
    const how = this.#core.tryGet(this.#in);
    return how === NOT_NOW ? this.#getSlowly(checked) : this.#receiveSync(how, this.#in);
  }

  /**
   * Takes the next item, if there is one. Never waits.
   *
   * @throws As `get`.
   */
  tryGet(): { value: T } | undefined {
    const how = this.#core.tryGet(this.#in);
    return how === NOT_NOW ? undefined : { value: this.#receiveSync(how, this.#in) };
  }

  /**
   * Says that an item that was taken is done, for `join`. To be called once for each.
   *
   * @throws `RangeError` when as many items were done as were put.
   */
  taskDone(): void {
    if (this.#core.taskDone()) return;
    throw new RangeError(`Cannot mark a task of queue "${this.name}" as done: all that were put are done`);
  }

  /** Waits until every item that was put is done, without blocking the thread. Items that are put meanwhile count, too. */
  join(options?: WaitOptions): Promise<void> {
    try {
      const checked = checkWaitOptions(options, this.#joining.operation);
      checked.signal?.throwIfAborted();
      if (this.#core.unfinished === 0) return Promise.resolve();
      // The handle is held while it waits.
      return unheard(this.#thread.waits.promise(this.#joining, JOIN, checked).then(() => void this));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `join`, blocking the thread. */
  joinSync(options?: WaitOptions): void {
    const checked = checkWaitOptions(options, this.#joiningSync.operation);
    checked.signal?.throwIfAborted();
    if (this.#core.unfinished > 0) this.#thread.waits.block(this.#joiningSync, JOIN, checked);
  }

  /**
   * Ends the queue: nothing can be put any more, and who waits to put is told so. What is in it can still be taken; then who
   * gets is told, too. Doing so again is harmless, and may drop what is left.
   */
  shutdown(options?: QueueShutdownOptions): void {
    this.#core.shutdown(checkShutdown(options, this.#operations.shutdown));
  }

  /** Whether it was shut down. */
  get isShutdown(): boolean {
    return this.#core.isClosed;
  }

  /** How many items are in it. */
  get size(): number {
    return this.#core.size;
  }

  /** Whether there is no item in it. */
  get empty(): boolean {
    return this.size === 0;
  }

  /** Whether there is no room in it. */
  get full(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize;
  }

  /** How many items may be in it; 0 if there is no bound. */
  get maxSize(): number {
    return this.#core.maxSize;
  }

  /** What it holds, and who waits, at this moment. */
  statistics(): QueueStatistics {
    const [getters, putters, joiners] = this.#core.lengths();
    return { size: this.size, unfinished: this.#core.unfinished, getters, putters, joiners };
  }

  /** Takes item after item, until the queue was shut down and is empty. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const next = (): Promise<IteratorResult<T, undefined>> =>
      this.get().then((value) => ({ done: false as const, value }), ended);
    return { next, [Symbol.asyncIterator]: () => this[Symbol.asyncIterator]() };
  }

  /** The same, blocking the thread while the queue is empty. */
  [Symbol.iterator](): IterableIterator<T> {
    const next = (): IteratorResult<T, undefined> => {
      try {
        return { done: false, value: this.getSync() };
      } catch (error) {
        return ended(error);
      }
    };
    return { next, [Symbol.iterator]: () => this[Symbol.iterator]() };
  }

  static {
    setPriority = (queue, priority) => (queue.#out.priority = priority);
    operationsOf = (queue) => queue.#operations;
  }

  /** Makes the words of an item, which says what is wrong with it. */
  #write(item: T): void {
    const out = this.#out;
    if (typeof item === "object" && item !== null && this.#core.isClosed) throw this.#putRefusal();
    // A getter of the item may put something into this queue.
    const { priority } = out;
    try {
      out.write(item, "item");
    } catch (error) {
      throw toldWhere(error, `into queue "${this.name}"`);
    }
    out.priority = priority;
  }

  /** Puts what was written, if there is room; else it is still written. */
  #putNow(): Attempt {
    let how: Attempt;
    try {
      how = this.#core.tryPut(this.#out);
    } catch (error) {
      this.#out.drop();
      throw error;
    }
    if (how !== ENDED) {
      if (how === DONE) this.#out.sent();
      return how;
    }
    this.#out.drop();
    throw this.#putRefusal();
  }

  async #putLater(options: WaitOptions): Promise<void> {
    const left = this.#out.copy();
    for (;;) {
      let how: Attempt;
      try {
        how = await this.#thread.waits.promise(this.#putting, PUT, options);
        if (how === ENDED) throw this.#putRefusal();
      } catch (error) {
        left.drop();
        throw error;
      }
      if (how === DONE) return left.sent();
      // There was no memory for it: that is for this thread to find out.
      this.#out.set(left);
      if (this.#putNow() === DONE) return;
      left.set(this.#out);
    }
  }

  #putSlowly(options: WaitOptions | undefined): void {
    const out = this.#out;
    const core = this.#core;
    const { waits } = this.#thread;
    const isPut = this.#lookingForRoom.tryAgain(
      () => core.isWorthPutting,
      () => this.#putNow() === DONE,
      () => core.maxSize - core.size,
    );
    if (isPut) return;
    const left = out.copy();
    for (;;) {
      let how: Attempt;
      try {
        how = waits.block(this.#puttingSync, PUT, options);
        if (how === ENDED) throw this.#putRefusal();
      } catch (error) {
        left.drop();
        throw error;
      }
      if (how === DONE) return left.sent();
      out.set(left);
      if (this.#putNow() === DONE) return;
      left.set(out);
    }
  }

  #getSlowly(options: WaitOptions | undefined): T {
    const core = this.#core;
    let how: Attempt = NOT_NOW;
    this.#lookingForItems.tryAgain(
      () => core.isWorthGetting,
      () => (how = core.tryGet(this.#in)) !== NOT_NOW,
      () => core.size,
    );
    if (how !== NOT_NOW) return this.#receiveSync(how, this.#in);
    return this.#thread.waits.block(this.#gettingSync, GET, options);
  }

  /** What a get gives: a value, or the promise of one whose modules are being loaded. */
  #receive(how: Attempt, item: Item): T {
    if (how !== DONE) throw this.#getRefusal();
    if (!item.isStored) return item.take() as T;
    try {
      return item.take() as T;
    } catch (error) {
      if (error instanceof NotLoadedError) return item.takeAsync() as T;
      item.drop();
      throw error;
    }
  }

  #receiveSync(how: Attempt, item: Item): T {
    if (how !== DONE) throw this.#getRefusal();
    if (!item.isStored) return item.take() as T;
    try {
      return item.takeSync() as T;
    } catch (error) {
      // Another thread can have it, and so can this one while it does not block.
      if (error instanceof NotLoadedError) this.#core.putBack(item);
      else item.drop();
      throw error;
    }
  }

  #putRefusal(): QueueShutDownError {
    return new QueueShutDownError(`Cannot put into queue "${this.name}": it was shut down`);
  }

  #getRefusal(): QueueShutDownError {
    return new QueueShutDownError(`Cannot get from queue "${this.name}": it was shut down, and is empty`);
  }
}

/** The end of an iteration, if that is what the error says. */
function ended(error: unknown): IteratorReturnResult<undefined> {
  if (error instanceof QueueShutDownError) return { done: true, value: undefined };
  throw error;
}

registerQueue(Queue, "Queue", ObjectKind.QUEUE, "oldestFirst");
