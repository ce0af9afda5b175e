/**
 * Runs the calls that a worker has claimed, and hands them back.
 *
 * @packageDocumentation
 */
import type { DoneList, Heap } from "#heap";
import { NotLoadedError, type WireHooks } from "../../wire/index.ts";
import type { Board } from "../board/board.ts";
import { type BodyContext, BodyScopes } from "./body-scopes.ts";
import { type Carried, currentContext, isThenable } from "../../scopes/index.ts";
import { bodyName, CallScope } from "../board/call-context.ts";
import { isChunkOutcome } from "../map/chunk.ts";
import type { ParcelPort } from "../board/parcels.ts";
import { Payloads } from "../board/payload.ts";
import {
  CARRIES,
  CLAIMS,
  FAILED,
  finished,
  FLAGS,
  FUNCTION,
  NOT_BEGUN,
  PARCEL,
  RAN,
  SERIAL,
  SIDE_ITEMS,
  STARTED,
  STATE,
  STOPPED,
  STREAMS,
  TIMED,
} from "../board/slot.ts";
import { isStreamed } from "../streams/stream-pull.ts";
import { type StreamHost, StreamRun } from "../streams/stream-run.ts";
import { nowMs } from "../task-limits.ts";
import { reasonToSend, withoutUnsendable } from "./unsendable.ts";

const NO_ITEMS: readonly unknown[] = [];

/** As `await` does it, whatever `then` a promise has of its own: so its end is told once. */
// oxlint-disable-next-line typescript/unbound-method -- it is called on promises
const { then } = Promise.prototype;

/** Whom the runner tells what becomes of calls. */
export interface RunnerOwner {
  /** Whether what is run is more than the initializer. */
  readonly isInitialized: boolean;
  /** A call was handed back. */
  callFinished(failed: boolean): void;
  /** One of the calls that were {@link CallRunner.busy} is so no more. */
  oneLess(): void;
}

/** I3: a claimed call reaches the done list exactly once, whatever its body does, unless the thread ends. */
export class CallRunner implements StreamHost {
  readonly #heap: Heap;
  readonly #done: DoneList;
  readonly #hooks: WireHooks;
  readonly #payloads: Payloads;
  readonly #parcels: ParcelPort;
  readonly #finished: number;
  readonly #scopes: BodyScopes;
  /** Those of calls under way that take something along. */
  readonly #going = new Set<CallScope>();
  readonly #owner: RunnerOwner;
  /** What a promise is told by whose body goes on: it is called in the context of that body, so no call needs its own. */
  readonly #fulfilled = (value: unknown): void => this.#wentOn(value, false);
  readonly #rejected = (error: unknown): void => this.#wentOn(error, true);
  /** How many calls are under way that did not end when they were run. */
  busy = 0;
  /** The last result woke the owner of the pool. */
  woke = false;

  constructor(board: Board, worker: number, hooks: WireHooks, parcels: ParcelPort, owner: RunnerOwner) {
    this.#heap = board.heap;
    this.#done = board.done;
    this.#hooks = hooks;
    this.#payloads = new Payloads(board.heap, hooks);
    this.#parcels = parcels;
    this.#finished = finished(worker);
    this.#scopes = new BodyScopes(board.heap);
    this.#owner = owner;
  }

  /** What belongs to a call, if it is here. */
  receive(slot: number): readonly unknown[] | undefined {
    // I5: the owner may be about to write it.
    return this.#parcels.receive(this.#heap.load(slot + PARCEL));
  }

  /** Runs a call that this worker has claimed. */
  run(slot: number): void {
    const flags = this.#heap.peek(slot + FLAGS);
    if ((flags & TIMED) !== 0) {
      new DataView(this.#heap.bytes.buffer, slot + STARTED, 8).setFloat64(0, nowMs(), true);
    }
    if ((flags & SIDE_ITEMS) === 0) this.#call(slot, NO_ITEMS);
    else this.#callWithItems(slot);
  }

  /** What belongs to a call may still be with its owner, who posts it when asked: by the call, put into the done list. */
  #callWithItems(slot: number): void {
    const items = this.receive(slot);
    if (items !== undefined) return this.#call(slot, items);
    this.busy++;
    this.#done.push(slot);
    const look = (): void => {
      const received = this.receive(slot);
      if (received === undefined) return void setImmediate(look);
      this.#call(slot, received);
      this.#oneLess();
    };
    setImmediate(look);
  }

  #call(slot: number, items: readonly unknown[]): void {
    const heap = this.#heap;
    const flags = heap.peek(slot + FLAGS);
    let fn: Function;
    let args: unknown[];
    try {
      fn = this.#hooks.resolveFunction(heap.peek(slot + FUNCTION) >>> 0, heap.peek(slot + SERIAL) >>> 0);
      args = this.#payloads.read(slot, items) as unknown[];
    } catch (error) {
      if (error instanceof NotLoadedError) this.#callLater(slot, items, error.ready);
      else this.#finish(slot, error, true);
      return;
    }
    if ((flags & NOT_BEGUN) !== 0) heap.poke(slot + FLAGS, flags & ~NOT_BEGUN);
    if ((flags & CARRIES) !== 0) return this.#callCarrying(slot, fn, args);
    const body = this.#scopes.enter(slot, fn, args);
    let result: unknown;
    let pending: boolean;
    try {
      result = fn(...args);
      // A result may have a getter of this name that throws.
      pending = isThenable(result);
    } catch (error) {
      this.#end(body, error, true);
      return;
    }
    if (!pending) return this.#end(body, result, false);
    this.busy++;
    this.#scopes.keep(body, fn);
    void then.call(Promise.resolve(result), this.#fulfilled, this.#rejected);
  }

  /** The same of a body that goes on. */
  #wentOn(outcome: unknown, failed: boolean): void {
    this.#end(currentContext() as BodyContext, outcome, failed);
    this.#oneLess();
  }

  /** Runs a body that has brought something along. */
  #callCarrying(slot: number, fn: Function, args: unknown[]): void {
    const carried = args.pop() as Carried;
    const scope = new CallScope(this.#heap, slot, carried, bodyName(fn, args));
    let result: unknown;
    let pending: boolean;
    try {
      result = scope.runBody(() => fn(...args));
      pending = isThenable(result);
    } catch (error) {
      this.#endCarrying(slot, error, true, scope);
      return;
    }
    if (!pending) return this.#endCarrying(slot, result, false, scope);
    this.busy++;
    this.#keep(scope);
    const end = (outcome: unknown, failed: boolean): void => {
      this.#endCarrying(slot, outcome, failed, scope);
      this.#oneLess();
    };
    void then.call(
      Promise.resolve(result),
      (value: unknown) => end(value, false),
      (error: unknown) => end(error, true),
    );
  }

  /** The call needs modules that this thread has yet to import. */
  #callLater(slot: number, items: readonly unknown[], ready: Promise<unknown>): void {
    this.busy++;
    this.#heap.poke(slot + FLAGS, this.#heap.peek(slot + FLAGS) | NOT_BEGUN);
    const again = (): void => {
      this.#call(slot, items);
      this.#oneLess();
    };
    // A module that cannot be imported fails the call when its function is asked for again.
    ready.then(again, again);
  }

  #end(body: BodyContext, outcome: unknown, failed: boolean): void {
    const { slot } = body;
    const wasStopped = failed && body.isItsCancellation(outcome);
    if (body.isCancelled) noteStopped(outcome, body);
    const streams = !failed && this.#streams(outcome);
    this.#scopes.leave(body);
    if (streams) this.#stream(slot, outcome, new CallScope(this.#heap, slot, NO_ITEMS, body.name));
    else this.#finish(slot, outcome, failed, wasStopped);
  }

  #endCarrying(slot: number, outcome: unknown, failed: boolean, scope: CallScope): void {
    const wasStopped = failed && scope.isItsCancellation(outcome);
    if (scope.isCancelled) noteStopped(outcome, scope);
    if (!failed && this.#streams(outcome)) return this.#stream(slot, outcome, scope);
    this.#leave(scope);
    this.#finish(slot, outcome, failed, wasStopped);
  }

  /** Whether what a body has given yields the values of its call. */
  #streams(outcome: unknown): outcome is Iterator<unknown> | AsyncIterator<unknown> {
    return isStreamed(outcome) && this.#owner.isInitialized;
  }

  /** The owner has asked some bodies to stop. */
  hear(): void {
    this.#scopes.hear();
    for (const scope of this.#going) scope.hear();
  }

  /** The body goes on. It may have been asked to stop before. */
  #keep(scope: CallScope): void {
    this.#going.add(scope);
    scope.hear();
  }

  #leave(scope: CallScope): void {
    this.#going.delete(scope);
    scope.close();
  }

  /** The body yields: the call ends when that has ended. */
  #stream(slot: number, iterator: Iterator<unknown> | AsyncIterator<unknown>, scope: CallScope): void {
    this.busy++;
    this.#keep(scope);
    const end = (last: unknown, failed: boolean): void => {
      const wasStopped = failed && scope.isItsCancellation(last);
      this.#leave(scope);
      this.#finish(slot, last, failed, wasStopped);
      this.#oneLess();
    };
    new StreamRun(this.#heap, slot, scope, this).run(iterator).then(
      (value) => end(value, false),
      (error: unknown) => end(error, true),
    );
  }

  sendBatch(slot: number, batch: unknown): void {
    const timed = this.#heap.peek(slot + FLAGS) & TIMED;
    const flags = this.#write(slot, batch, STREAMS);
    this.#heap.poke(slot + FLAGS, flags | timed);
    this.woke = this.#done.push(slot);
  }

  tryValue(slot: number, value: unknown): void {
    this.#payloads.tryResult(slot, value, "value");
  }

  /** I3. Writes the outcome into the slot and hands it back. */
  #finish(slot: number, outcome: unknown, failed: boolean, wasStopped = false): void {
    const isTimed = (this.#heap.peek(slot + FLAGS) & TIMED) !== 0;
    let flags: number;
    try {
      // Nobody asks for what an initializer gives: a module, perhaps, which cannot travel.
      const isAsked = failed || this.#owner.isInitialized;
      flags = this.#write(slot, isAsked ? outcome : undefined, failed ? FAILED : 0);
    } catch (error) {
      flags = this.#finishUnsendable(slot, outcome, error);
    }
    this.#heap.poke(slot + FLAGS, wasStopped ? flags | STOPPED : flags);
    if (isTimed) this.#noteEnd(slot);
    // A plain write: the push tells of it, or the end of this thread.
    this.#heap.poke(slot + STATE, this.#finished);
    this.woke = this.#done.push(slot);
    this.#owner.callFinished(failed);
  }

  #noteEnd(slot: number): void {
    const times = new DataView(this.#heap.bytes.buffer, slot);
    times.setFloat32(RAN, nowMs() - times.getFloat64(STARTED, true), true);
  }

  /** The outcome cannot travel: an error goes in its place, or as many results of a chunk as can. Gives the flags. */
  #finishUnsendable(slot: number, outcome: unknown, error: unknown): number {
    const trial = (value: unknown, path: string): void => this.#payloads.tryResult(slot, value, path);
    return isChunkOutcome(outcome)
      ? this.#write(slot, withoutUnsendable(outcome, trial), 0)
      : this.#write(slot, reasonToSend(error, trial), FAILED);
  }

  /** Writes an outcome and posts what belongs to it. Gives the flags. */
  #write(slot: number, outcome: unknown, flags: number): number {
    const payloads = this.#payloads;
    const side = payloads.writeResult(slot, outcome, flags === FAILED ? "error" : "result");
    const all = flags | (payloads.claims ? CLAIMS : 0);
    if (side === undefined) return all;
    try {
      this.#heap.poke(slot + PARCEL, this.#parcels.post(side.items, side.transferList));
    } catch (error) {
      if (payloads.claims) payloads.giveUpClaims(slot);
      throw error;
    }
    return all | SIDE_ITEMS;
  }

  /** A call under way has ended. */
  #oneLess(): void {
    this.busy--;
    this.#owner.oneLess();
  }
}

/** Says of a chunk in whose scope bodies were told to stop which of its items have. */
function noteStopped(outcome: unknown, scope: { isItsCancellation(error: unknown): boolean }): void {
  if (!isChunkOutcome(outcome)) return;
  const stopped = outcome.errors.filter(([, error]) => scope.isItsCancellation(error));
  outcome.stopped = stopped.map(([place]) => place);
}
