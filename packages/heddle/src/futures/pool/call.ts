/**
 * The owner's side of one call under way.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { EndHold, LateFailure, Scope } from "../../scopes/index.ts";
import type { FunctionRecord } from "../../wire/index.ts";
import type { Site } from "../../workers/index.ts";
import { storedValuesIn } from "../../sync/index.ts";
import { askToStop } from "../board/call-context.ts";
import { type Future, outcomeOf, reject, settleCancelled, type TaskControl } from "../future.ts";
import type { ObservedCall } from "../observe/observer.ts";
import {
  CLAIMED,
  FINISHED,
  FLAGS,
  FREE,
  kindOf,
  NOT_BEGUN,
  PINNED,
  RAN,
  READY,
  SIDE_ITEMS,
  SLOT_BYTES,
  STARTED,
  STATE,
  STOP,
  WITHDRAWN,
  workerOf,
} from "../board/slot.ts";
import type { StreamLink } from "../streams/stream-link.ts";
import { tellSite } from "./submission-sites.ts";
import { delayFor } from "../timers.ts";

/** A body that goes on after it was told to stop has so long before its worker is replaced, unless its task says otherwise. */
const DEFAULT_GRACE_MS = 1000;

const NO_FAILURES: readonly LateFailure[] = [];

/** Whom a call turns to when it is cancelled. */
export interface CallOwner {
  /** The body of the call has not stopped in the time it had for that. */
  outstayed(call: Call, cause: unknown): void;
  /** The call left the queue before any worker had claimed it, and its slot may be used again. */
  withdrawn(call: Call): void;
  /** Nobody waits for one of the calls any more whose bodies run. */
  abandoned(): void;
  /** Somebody has asked for the result of the call. */
  asked(call: Call): void;
  /** A call that runs there was asked to stop. */
  askedToStop(worker: number): void;
  /** How errors name a worker. */
  nameOf(worker: number): string;
}

/** A call in a slot. While it is under way it controls the future that it will settle. */
export class Call implements TaskControl {
  readonly address: number;
  readonly #heap: Heap;
  readonly #owner: CallOwner;
  future: Future<unknown> | undefined = undefined;
  fn: unknown = undefined;
  /** Held so that the function lives in the heap as long as the call; so does what its arguments refer to there. */
  record: FunctionRecord | undefined = undefined;
  cargo: readonly object[] | undefined = undefined;
  /** How much of the heap its large buffers take. */
  heldBytes = 0;
  /** Held so that signals among them live as long. */
  args: readonly unknown[] | undefined = undefined;
  site: Site | undefined = undefined;
  name: string | undefined = undefined;
  sequence = 0;
  /** Its place in line: of two calls the one with the lower rank comes first, and of equal ranks the older one. */
  rank = 0;
  /** It has a priority. */
  isRanked = false;
  /** It is to run where the others of this name do. */
  affinity: string | undefined = undefined;
  /** The only worker that may run it; -1 for any. */
  pinnedTo = -1;
  /** What has to be moved with it is still here. */
  hasParcelHere = false;
  /** Its result is here, and waits to be decoded. */
  arrived = false;
  /** A worker had claimed it, and ended before the body began. */
  wasGivenAgain = false;
  /** Why its body was asked to stop, while its future waits for what comes of it. */
  stopReason: { readonly reason: unknown } | undefined = undefined;
  /** Its body was asked to stop. */
  #isTold = false;
  /** Where the reason is that its body was told; 0 for nowhere. */
  #toldReason = 0;
  /** How long its body may go on after it was told to stop, where `cancel` does not say that. */
  graceMs: number = DEFAULT_GRACE_MS;
  /** Its future has settled while its body runs. */
  isAbandoned = false;
  observed: ObservedCall | undefined = undefined;
  /** What it yields, from its first batch on. */
  stream: StreamLink | undefined = undefined;
  /** How many values of that may be unread. */
  buffer: number | undefined = undefined;
  /** It yields values, and nobody waits for one. */
  isUnread = false;
  /** Somebody has asked for its result. Only known where that matters. */
  isAsked = false;
  /** The scope that it was made in. */
  scope: Scope | undefined = undefined;
  /** Timers and listeners that go when the future has settled. */
  #release: (() => void) | undefined = undefined;
  /** Ends the hold on the scope that the call was made in, when no worker runs it any more. */
  #free: EndHold | undefined = undefined;
  /** What its body threw after it was cancelled, for that scope to hear. */
  lateFailures: readonly LateFailure[] = NO_FAILURES;
  #graceTimer: NodeJS.Timeout | undefined = undefined;

  constructor(heap: Heap, owner: CallOwner, address: number) {
    this.#heap = heap;
    this.#owner = owner;
    this.address = address;
  }

  #state(): number {
    return this.#heap.load(this.address + STATE);
  }

  /** The kind of its state. */
  get kind(): number {
    return kindOf(this.#state());
  }

  get isClaimed(): boolean {
    return this.kind === CLAIMED;
  }

  /**
   * Whether nobody waits for it: neither for its result nor, in a scope, for the end of its body. One that yields cannot end
   * by itself: its values have to be taken.
   */
  get isForgotten(): boolean {
    return this.isAbandoned && !this.isHeld && this.stream === undefined;
  }

  /** Whether its body runs, or has run and its result is on the way. */
  get hasBegun(): boolean {
    const { kind } = this;
    return kind === CLAIMED || kind === FINISHED;
  }

  /** The worker that runs it or ran it; -1 while none has. */
  get worker(): number {
    const state = this.#state();
    return kindOf(state) === PINNED ? -1 : workerOf(state);
  }

  /** Whether a worker has claimed it and waits for what the body needs. */
  get isBeingPrepared(): boolean {
    return this.isClaimed && (this.#heap.peek(this.address + FLAGS) & NOT_BEGUN) !== 0;
  }

  /** Whether it is sent to each worker, and this one to one of them. */
  get isBroadcast(): boolean {
    return this.pinnedTo >= 0 && this.affinity === undefined;
  }

  /** Whether another worker may run it, should the one end that is preparing it. At most once: that may be what ended it. */
  get mayBeGivenAgain(): boolean {
    if (this.wasGivenAgain || !this.isBeingPrepared) return false;
    if (this.isBroadcast) return false;
    // What came beside it has gone with its worker.
    return !this.hasSideItems;
  }

  /** Whether something comes beside its message. */
  get hasSideItems(): boolean {
    return (this.#heap.peek(this.address + FLAGS) & SIDE_ITEMS) !== 0;
  }

  /** Makes it as it was before a worker claimed it. */
  giveAgain(): void {
    this.wasGivenAgain = true;
    const flags = this.address + FLAGS;
    this.#heap.poke(flags, this.#heap.peek(flags) & ~NOT_BEGUN);
    this.expectStart();
  }

  /** When it was claimed, in milliseconds since 1970; Infinity until then. For calls with a time limit only. */
  get startedMs(): number {
    return this.#started.getFloat64(0, true);
  }

  /** The slot may still say when another call was claimed. */
  expectStart(): void {
    this.#started.setFloat64(0, Infinity, true);
  }

  get #started(): DataView {
    const bytes = this.#heap.bytesTo(this.address + SLOT_BYTES);
    return new DataView(bytes.buffer, this.address + STARTED, 8);
  }

  get #ran(): DataView {
    const bytes = this.#heap.bytesTo(this.address + SLOT_BYTES);
    return new DataView(bytes.buffer, this.address + RAN, 4);
  }

  isRunning(future: Future<unknown>): boolean {
    return this.future === future && this.hasBegun;
  }

  asked(future: Future<unknown>): void {
    if (this.future === future) this.#owner.asked(this);
  }

  cancel(future: Future<unknown>, reason: unknown, graceMs: number): boolean {
    // The slot may serve another call by now.
    if (this.future !== future) return false;
    if (future.done) {
      if (graceMs !== Infinity) this.#stopAfter(graceMs, reason);
      return true;
    }
    if (!this.#withdraw()) {
      if (!this.isClaimed) return false;
      if (graceMs === Infinity) {
        this.stopReason ??= { reason };
        this.#askToStop(reason);
        return false;
      }
      this.#abandon(reason, () => settleCancelled(future, reason));
      this.#stopAfter(graceMs, reason);
      return true;
    }
    settleCancelled(future, reason);
    this.#leave();
    return true;
  }

  /** Nobody waits for it any more: it never runs, or its result is dropped. */
  callOff(reason: unknown): void {
    const future = this.future!;
    if (this.#withdraw()) {
      settleCancelled(future, reason);
      this.#leave();
      return;
    }
    this.#abandon(reason, () => settleCancelled(future, reason));
    this.#stopAfter(this.graceMs, reason);
  }

  /** It has taken too long: it fails with that, and its body is told to stop. */
  cutOff(error: unknown): void {
    const future = this.future!;
    tellSite(error, this.site);
    if (this.#withdraw()) {
      reject(future, error);
      this.#leave();
    } else if (this.isClaimed) {
      this.#abandon(error, () => reject(future, error));
      this.#stopAfter(this.graceMs, error);
    }
  }

  /** It is cancelled, unless it has begun. */
  leaveQueue(reason: unknown): void {
    if (!this.#withdraw()) return;
    settleCancelled(this.future!, reason);
    this.#leave();
  }

  /** It will not be run. One that has begun is left alone. */
  fail(error: unknown): void {
    const future = this.future!;
    if (!this.#withdraw()) return;
    tellSite(error, this.site);
    reject(future, error);
    this.#leave();
  }

  /** Has `release` called when the call needs no watching any more. */
  onRelease(release: () => void): void {
    const earlier = this.#release;
    this.#release = () => {
      earlier?.();
      release();
    };
  }

  /** Has `free` called when the call is over, its body included. */
  onceFree(free: EndHold): void {
    this.#free = free;
  }

  /** Whether a scope waits for the end of its body. */
  get isHeld(): boolean {
    return this.#free !== undefined;
  }

  /** From now on somebody is told what becomes of it. */
  observeBy(observed: ObservedCall): void {
    this.observed = observed;
    this.expectStart();
    observed.look = () => {
      const { worker } = this;
      const { startedMs } = this;
      return worker < 0 || startedMs === Infinity
        ? undefined
        : { startedMs, worker: this.#owner.nameOf(worker) };
    };
  }

  /** Its future settles now, or has. */
  tellEnd(outcome: "fulfilled" | "rejected" | "cancelled", error: unknown): void {
    const ranMs = this.kind === FINISHED ? this.#ran.getFloat32(0, true) : undefined;
    this.observed!.ended(outcome, outcome === "fulfilled" ? undefined : error, ranMs);
    this.observed = undefined;
  }

  /** The future has settled. */
  release(): void {
    const future = this.future;
    if (this.observed !== undefined && future?.done === true)
      this.tellEnd(future.cancelled ? "cancelled" : "rejected", outcomeOf(future));
    this.#release?.();
    this.#release = undefined;
  }

  /** How errors name it. */
  get taskName(): string {
    return this.name ?? ((this.fn as Function).name || "(anonymous)");
  }

  /** How errors name it and where it runs. */
  get runName(): string {
    return `task ${this.taskName} on worker ${this.#owner.nameOf(this.worker)}`;
  }

  /** Forgets everything, for the slot to be used again. */
  reset(): void {
    this.release();
    this.#free?.(...this.lateFailures);
    this.#free = undefined;
    this.lateFailures = NO_FAILURES;
    clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
    this.future = undefined;
    this.scope = undefined;
    this.fn = undefined;
    this.args = undefined;
    this.record = undefined;
    this.cargo = undefined;
    this.site = undefined;
    this.name = undefined;
    this.stopReason = undefined;
    if (this.#isTold) this.#forgetStop();
    this.graceMs = DEFAULT_GRACE_MS;
    this.isRanked = false;
    this.affinity = undefined;
    this.pinnedTo = -1;
    this.hasParcelHere = false;
    this.arrived = false;
    this.wasGivenAgain = false;
    this.isAbandoned = false;
    this.stream?.close();
    this.stream = undefined;
    this.buffer = undefined;
    this.isUnread = false;
  }

  /** Takes it out of the queue; false if its body has begun. */
  #withdraw(): boolean {
    const state = this.#state();
    const kind = kindOf(state);
    if (kind !== READY && kind !== PINNED) return false;
    const left = kind === PINNED ? WITHDRAWN : FREE;
    return this.#heap.compareExchange(this.address + STATE, state, left) === state;
  }

  /** A pinned call comes back through its worker: its slot is still linked into a lane. */
  #leave(): void {
    this.release();
    if (this.kind === FREE) this.#owner.withdrawn(this);
  }

  /** The slot goes to a body that nobody has asked yet. */
  #forgetStop(): void {
    if (this.#toldReason !== 0) storedValuesIn(this.#heap).drop(this.#toldReason);
    this.#toldReason = 0;
    this.#isTold = false;
    this.#heap.poke(this.address + STOP, 0);
  }

  #askToStop(reason: unknown): void {
    this.#isTold = true;
    this.#toldReason ||= askToStop(this.#heap, this.address, reason);
    if (this.isClaimed) this.#owner.askedToStop(this.worker);
  }

  #abandon(reason: unknown, settle: () => void): void {
    this.isAbandoned = true;
    this.#askToStop(reason);
    settle();
    this.stream?.settled(this.future!);
    this.release();
    if (this.isForgotten) this.#owner.abandoned();
  }

  /** A body that goes on for longer is stopped with its worker. */
  #stopAfter(graceMs: number, reason: unknown): void {
    const stop = (): void => this.#owner.outstayed(this, reason);
    clearTimeout(this.#graceTimer);
    if (graceMs === 0) stop();
    else if (graceMs !== Infinity) this.#graceTimer = setTimeout(stop, delayFor(graceMs)).unref();
  }
}
