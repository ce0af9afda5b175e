/**
 * The channel that users have.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import type { Heap } from "#heap";
import { queueing } from "../queueing-later.ts";
import { throwIfCancelled } from "../../scopes/index.ts";
import {
  addressOf,
  checkWaitOptions,
  ObjectKind,
  reachOf,
  registerReclaim,
  registerShared,
  SharedObject,
  type SharedOptions,
  storedValuesIn,
  type ThisThread,
  thisThreadIn,
  threadOf,
  type WaitOptions,
} from "../../sync/index.ts";
import { takeArrived, takeArrivedSync } from "../cells/arrived.ts";
import { readCell } from "../cells/cell-words.ts";
import type { CellCoder } from "../cells/cells.ts";
import type { ChannelCore } from "./channel-core.ts";
import { ChannelClosedError } from "./channel-closed-error.ts";
import type { Receiving, Sending } from "./channel-sides.ts";
import { type Answer, LARGEST_CAPACITY, NOT_YET, PASSED, REFUSED, UNBOUNDED } from "./channel-words.ts";
import type { Lookout } from "../lookout.ts";
import { type SelectCase, SendingCase } from "../select/select-case.ts";
import { toldWhere } from "../unsendable.ts";

/** What a channel knows of itself at one moment; other threads may have changed it since. */
export interface ChannelStatistics {
  /** How many values stand in the buffer. */
  readonly size: number;
  readonly capacity: number;
  /** How many wait to send. */
  readonly senders: number;
  /** How many wait to receive. */
  readonly receivers: number;
  readonly closed: boolean;
}

/** What a channel gives to a select: a value, or that it is closed. */
export type Received = { readonly value: unknown } | { readonly error: unknown };

/** One side of a channel, for a select. */
export let receivingFrom: (channel: Channel<unknown>, isBlocking: boolean) => Receiving<Received>;
/** The other side, with a value. What it was given is ended by `end`, if it was not even tried. */
export let sendingTo: (channel: Channel<unknown>, value: unknown, path: string) => SendingOnce;

/** One value that may be sent. */
export interface SendingOnce {
  readonly sending: Sending<Received>;
  end(): void;
}

/**
 * Values pass through it from those who send to those who receive, among all threads that have it: each to one, in the order
 * in which they were sent.
 *
 * With capacity 0 a send ends when a receiver has taken the value. With more, so many values may stand in the channel before
 * senders have to wait. Values are copied, as the arguments of a task are; what `transfer()` marks is moved when it has been sent,
 * and left alone if it has not. A channel that is sent elsewhere is the same channel there.
 *
 * A sender closes a channel when nothing more will come. What stands in it can still be received; then receivers get
 * `ChannelClosedError`, and loops over the channel end.
 *
 * @remarks
 * Fairness: values leave in the order in which their senders came, and go to receivers in the order in which those came;
 * threads that block and tasks that await stand in one line, and nobody overtakes.
 * Cancel safety: a wait that ends early has sent, or taken, nothing.
 * A value that arrived at a thread which ended before it looked goes to the next receiver.
 *
 * @example
 * ```ts
 * import { Channel } from "heddle/queues";
 *
 * const squares = new Channel<number>(2);
 * await squares.send(1);
 * await squares.send(4);
 * squares.close();
 *
 * const seen: number[] = [];
 * for await (const square of squares) seen.push(square);
 * seen; // => [1, 4]
 * ```
 */
export class Channel<T> extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: ChannelCore;
  /** What is about to be sent: nothing that would have to be dropped, but within a send. */
  readonly #out: CellCoder;
  /** What has just arrived. */
  readonly #in: CellCoder;
  readonly #sending: Sending<void>;
  readonly #receiving: Receiving<unknown>;
  readonly #receivingSync: Receiving<unknown>;
  readonly #lookingForValues: Lookout;
  readonly #lookingForRoom: Lookout;
  /** The error that it was closed with, once somebody here has asked for it. */
  #closedWith: { readonly error: unknown } | undefined;

  /**
   * @param capacity - How many values may stand in it; `Infinity` for as many as there is memory for. With 0, those who send
   * and those who receive meet.
   */
  constructor(capacity: number = 0, options?: SharedOptions) {
    const { CAPACITY, CellCoder, ChannelCore, initialiseChannel, Lookout, Receiving, Sending } = queueing();
    super(options, (heap, address) => initialiseChannel(heap, address, checkCapacity(capacity)));
    const thread = threadOf(this);
    const { heap } = thread;
    this.#out = new CellCoder(heap);
    this.#in = new CellCoder(heap);
    const core = new ChannelCore(heap, thread.monitor, addressOf(this), { reach: reachOf(this) });
    this.#thread = thread;
    this.#core = core;
    const bed = core.object + CAPACITY;
    this.#lookingForValues = new Lookout(heap, bed, this.capacity);
    this.#lookingForRoom = new Lookout(heap, bed, this.capacity);
    this.#sending = new Sending(heap, core, "Channel.send()", this.#out, (isSent) => {
      this.#checkSent(isSent);
    });
    this.#receiving = new Receiving(heap, core, "Channel.receive()", (cell) => {
      if (cell === 0) throw this.#closedError("receive from");
      return takeArrived(this.#read(cell));
    });
    this.#receivingSync = new Receiving(heap, core, "Channel.receiveSync()", (cell) => {
      if (cell === 0) throw this.#closedError("receive from");
      return takeArrivedSync(this.#read(cell));
    });
  }

  /**
   * Sends a value, without blocking the thread: waits for a receiver, or for room.
   *
   * @throws `ChannelClosedError`. `WireError` or `PortabilityError` when the value cannot travel. `HeapFullError` when
   * there is no memory for it. `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends
   * early. Nothing was sent then.
   */
  send(value: T, options?: WaitOptions): Promise<void> {
    try {
      const checked = this.#write(value, options, "Channel.send()");
      return this.#core.maySend && this.#sendNow()
        ? SENT
        : this.#thread.waits.promise(this.#sending, 0, checked);
    } catch (error) {
      return Promise.reject(error);
    } finally {
      this.#endUnsent();
    }
  }

  /** As `send`, blocking the thread: its event loop stands still meanwhile. */
  sendSync(value: T, options?: WaitOptions): void {
    const checked = this.#write(value, options, "Channel.sendSync()");
    try {
      if (!this.#sendNow() && !this.#sendSoon()) this.#thread.waits.block(this.#sending, 0, checked);
    } finally {
      this.#endUnsent();
    }
  }

  /**
   * Sends a value if a receiver waits or there is room, and gives whether it did. Never waits.
   *
   * @throws As `send`.
   */
  trySend(value: T): boolean {
    this.#encode(this.#out, value, "value");
    try {
      return this.#sendNow();
    } finally {
      this.#endUnsent();
    }
  }

  /**
   * Takes the oldest value, waiting for one without blocking the thread.
   *
   * @throws `ChannelClosedError` when nothing more will come. `TimeoutError`, or the reason of the signal or of the
   * scope around, when the wait ends early; nothing was taken then.
   */
  receive(options?: WaitOptions): Promise<T> {
    try {
      const checked = checkWaitOptions(options, "Channel.receive()");
      checked.signal?.throwIfAborted();
      if (!this.#core.mayReceive || !this.#receiveNow())
        return this.#thread.waits.promise(this.#receiving, 0, checked) as Promise<T>;
      return Promise.resolve(takeArrived(this.#in) as T);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `receive`, blocking the thread: its event loop stands still meanwhile. */
  receiveSync(options?: WaitOptions): T {
    const checked = checkWaitOptions(options, "Channel.receiveSync()");
    checked.signal?.throwIfAborted();
    const answer = this.#receiveSoon();
    if (answer === NOT_YET) return this.#thread.waits.block(this.#receivingSync, 0, checked) as T;
    if (answer === REFUSED) throw this.#closedError("receive from");
    return takeArrivedSync(this.#in) as T;
  }

  /**
   * The oldest value, if there is one or somebody waits to send it. Never waits.
   *
   * @throws `ChannelClosedError` when nothing more will come.
   */
  tryReceive(): { value: T } | undefined {
    return this.#receiveNow() ? { value: takeArrivedSync(this.#in) as T } : undefined;
  }

  /**
   * Says that nothing more will be sent. Those who wait to send get `ChannelClosedError`, and so do receivers once the
   * channel is empty. Closing it again does nothing.
   *
   * @param error - Why nothing more will come, if that is a failure: the cause of what receivers get. Loops over the
   * channel throw that, then, instead of ending.
   * @throws `WireError` or `PortabilityError` when the error cannot travel. The channel is not closed then.
   */
  close(error?: Error): void {
    if (error !== undefined && !(error instanceof Error)) {
      throw new TypeError(
        `Cannot close channel "${this.name}": what it is closed with must be an Error, and is ${inspect(error)}`,
      );
    }
    const stored = storedValuesIn(this.#thread.heap);
    const block = error === undefined ? 0 : stored.store(error, "error");
    if (this.#core.close(block)) this.#closedWith = { error };
    else if (block !== 0) stored.drop(block);
  }

  /** Whether it was closed. What stands in it can still be received. */
  get closed(): boolean {
    return this.#core.isClosed;
  }

  /** How many values stand in it. */
  get size(): number {
    return this.#core.size;
  }

  /** How many values may stand in it before senders wait; `Infinity` for no bound. */
  get capacity(): number {
    const { capacity } = this.#core;
    return capacity === UNBOUNDED ? Infinity : capacity;
  }

  /** What it holds, and who waits, at this moment. */
  statistics(): ChannelStatistics {
    return { ...this.#core.counts(), capacity: this.capacity, closed: this.closed };
  }

  /**
   * Sending a value, as a case of a `select`. The value is copied when the select begins, whether it is sent or not.
   */
  sending(value: T): SelectCase {
    return new SendingCase(this, value);
  }

  /**
   * The values as they come, until the channel is closed and empty. Leaving the loop does not close the channel.
   *
   * @throws `ChannelClosedError` at the end, if the channel was closed with an error.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    const { waits, heap } = this.#thread;
    const side = new (queueing().Receiving)(heap, this.#core, "Channel.receive()", (cell) => {
      if (cell === 0) return this.#end();
      return moreOf(takeArrived(this.#read(cell)));
    });
    const core = this.#core;
    const next = async (): Promise<unknown> => {
      throwIfCancelled();
      const answer = core.mayReceive ? core.receiveNow(this.#in) : NOT_YET;
      if (answer === NOT_YET) return waits.promise(side, 0);
      return answer === REFUSED ? this.#end() : moreOf(takeArrived(this.#in));
    };
    return {
      next: next as () => Promise<IteratorResult<T, undefined>>,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** As `Symbol.asyncIterator`, blocking the thread until the next value comes. */
  [Symbol.iterator](): IterableIterator<T, undefined> {
    const { waits, heap } = this.#thread;
    const side = new (queueing().Receiving)(heap, this.#core, "Channel.receiveSync()", (cell) =>
      cell === 0 ? this.#end() : more(takeArrivedSync(this.#read(cell))),
    );
    return {
      next: () => {
        throwIfCancelled();
        const answer = this.#receiveSoon();
        if (answer === NOT_YET) return waits.block(side, 0) as IteratorResult<T, undefined>;
        return answer === REFUSED ? this.#end() : more(takeArrivedSync(this.#in) as T);
      },
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  static {
    receivingFrom = (channel, isBlocking) => channel.#receivingForSelect(isBlocking);
    sendingTo = (channel, value, path) => channel.#sendingOnce(value, path);
  }

  /** From then on until it is sent, or waits, the value is in the cell. */
  #write(value: T, options: WaitOptions | undefined, operation: string): WaitOptions {
    const checked = checkWaitOptions(options, operation);
    checked.signal?.throwIfAborted();
    this.#encode(this.#out, value, "value");
    return checked;
  }

  #encode(cell: CellCoder, value: unknown, path: string): void {
    try {
      cell.write(value, path);
    } catch (error) {
      throw toldWhere(error, `to channel "${this.name}"`);
    }
  }

  #endUnsent(): void {
    if (!this.#out.isStored) return;
    this.#out.drop();
    this.#out.w0 = 0;
  }

  #sendNow(): boolean {
    const answer = this.#core.sendNow(this.#out);
    if (answer === REFUSED) throw this.#closedError("send to");
    if (answer === NOT_YET) return false;
    this.#out.sent();
    this.#out.w0 = 0;
    return true;
  }

  #sendSoon(): boolean {
    const core = this.#core;
    return this.#lookingForRoom.tryAgain(
      () => core.isWorthSending,
      () => this.#sendNow(),
      () => core.capacity - core.size,
    );
  }

  #receiveNow(): boolean {
    const answer = this.#core.receiveNow(this.#in);
    if (answer === REFUSED) throw this.#closedError("receive from");
    return answer === PASSED;
  }

  /** As `receiveNow` of the core, looking for a while. */
  #receiveSoon(): Answer {
    const core = this.#core;
    let answer = core.receiveNow(this.#in);
    if (answer !== NOT_YET) return answer;
    this.#lookingForValues.tryAgain(
      () => core.isWorthReceiving,
      () => (answer = core.receiveNow(this.#in)) !== NOT_YET,
      () => core.size,
    );
    return answer;
  }

  #read(at: number): CellCoder {
    readCell(this.#thread.heap, at, this.#in);
    return this.#in;
  }

  #checkSent(isSent: boolean): void {
    if (!isSent) throw this.#closedError("send to");
  }

  #end(): IteratorReturnResult<undefined> {
    if (this.#closeError() !== undefined) throw this.#closedError("receive from");
    return { done: true, value: undefined };
  }

  #closedError(verb: string): ChannelClosedError {
    const error = this.#closeError();
    const message = `Cannot ${verb} channel "${this.name}": it is closed`;
    return new ChannelClosedError(message, error === undefined ? undefined : { cause: error });
  }

  #closeError(): unknown {
    const { heap } = this.#thread;
    this.#closedWith ??= { error: readCloseError(heap, queueing().closeErrorOf(heap, this.#core.object)) };
    return this.#closedWith.error;
  }

  #receivingForSelect(isBlocking: boolean): Receiving<Received> {
    const { heap } = this.#thread;
    const take = isBlocking ? takeArrivedSync : takeArrived;
    return new (queueing().Receiving)(heap, this.#core, "select()", (cell) =>
      cell === 0 ? { error: this.#closeError() } : { value: take(this.#read(cell)) },
    );
  }

  #sendingOnce(value: unknown, path: string): SendingOnce {
    const { CellCoder, Sending } = queueing();
    const cell = new CellCoder(this.#thread.heap);
    this.#encode(cell, value, path);
    const finish = (isSent: boolean): Received => {
      this.#checkSent(isSent);
      return { value: undefined };
    };
    return {
      sending: new Sending(this.#thread.heap, this.#core, "select()", cell, finish),
      end: () => cell.drop(),
    };
  }
}

/** Of all that is sent at once. */
const SENT = Promise.resolve();

const more = <T>(value: T): IteratorYieldResult<T> => ({ done: false, value });
const moreOf = (value: unknown): unknown => (value instanceof Promise ? value.then(more) : more(value));

/** The error of a block; what says why it cannot be had in this thread, if so. */
function readCloseError(heap: Heap, block: number): unknown {
  if (block === 0) return undefined;
  try {
    return storedValuesIn(heap).readSync(block);
  } catch (error) {
    return error;
  }
}

function checkCapacity(capacity: unknown): number {
  const what = "its capacity must be a whole number, 0 or more, or Infinity";
  if (typeof capacity !== "number" || (Number.isFinite(capacity) && !Number.isInteger(capacity)))
    throw new TypeError(`Cannot make a Channel: ${what}, and is ${inspect(capacity)}`);
  if (!(capacity >= 0)) throw new RangeError(`Cannot make a Channel: ${what}, and is ${capacity}`);
  return capacity > LARGEST_CAPACITY ? UNBOUNDED : capacity;
}

function destroy(heap: Heap, address: number): void {
  const { cellAt, closeErrorOf, freeChannel } = queueing();
  freeChannel(heap, thisThreadIn(heap).monitor, address, (at) => cellAt(heap, at).drop());
  const error = closeErrorOf(heap, address);
  if (error !== 0) storedValuesIn(heap).drop(error);
}

registerShared(Channel, {
  kind: ObjectKind.CHANNEL,
  name: "Channel",
  version: 1,
  get sizeBytes() {
    return queueing().CHANNEL_BYTES;
  },
  destroy,
});
registerReclaim(ObjectKind.CHANNEL, (monitor, object, node) => {
  const { ChannelCore, reclaim } = queueing();
  const { heap } = thisThreadIn(monitor.words);
  reclaim(heap, monitor, new ChannelCore(heap, monitor, object), node);
});
