/**
 * Reads what finished calls gave, and settles their futures with it.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { NotLoadedError } from "../../wire/index.ts";
import type { Call } from "./call.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";
import { fulfil, reject, settleCancelled } from "../future.ts";
import { leaveToScope } from "../leave-to-scope.ts";
import type { Payloads } from "../board/payload.ts";
import { failuresIn, isChunkOutcome, runChunk } from "../map/chunk.ts";
import { FAILED, FLAGS, PARCEL, SIDE_ITEMS, STOPPED } from "../board/slot.ts";
import { tellSite } from "./submission-sites.ts";

const NO_ITEMS: readonly unknown[] = [];

/** How many calls came to which end. */
export class CallCounts {
  fulfilled = 0;
  rejected = 0;
  cancelled = 0;
}

/** Whom the settler works for. */
export interface SettlerOwner {
  /** The call's future has settled before, and nobody has its slot any more. */
  withdrawn(call: Call): void;
  /** A call has left that had to wait for what its result refers to. */
  settledLate(): void;
}

export class CallSettler {
  readonly #heap: Heap;
  readonly #payloads: Payloads;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #counts: CallCounts;
  readonly #owner: SettlerOwner;

  constructor(
    heap: Heap,
    payloads: Payloads,
    calls: Calls,
    crew: Crew,
    counts: CallCounts,
    owner: SettlerOwner,
  ) {
    this.#heap = heap;
    this.#payloads = payloads;
    this.#calls = calls;
    this.#crew = crew;
    this.#counts = counts;
    this.#owner = owner;
  }

  /** Settles a call that a worker has finished. */
  finish(call: Call): void {
    const flags = this.#heap.peek(call.address + FLAGS);
    const items =
      (flags & SIDE_ITEMS) === 0
        ? NO_ITEMS
        : this.#crew.receive(call.worker, this.#heap.peek(call.address + PARCEL));
    if (call.future!.done) this.#endAbandoned(call, items);
    else if ((flags & STOPPED) !== 0 && call.stopReason !== undefined)
      this.#cancel(call, call.stopReason.reason);
    else this.#deliver(call, items);
  }

  /** Nobody waits for its result. But what its body threw that was told to stop, its scope hears: that may have been clean-up. */
  #endAbandoned(call: Call, items: readonly unknown[]): void {
    if (call.future!.cancelled && call.isHeld) {
      try {
        const errors = this.#errorsOf(call, items);
        for (const error of errors) tellSite(error, call.site);
        call.lateFailures = errors.map((error) => ({ name: call.taskName, error }));
      } catch (unready) {
        return this.#whenReady(call, unready as NotLoadedError, () => this.#endAbandoned(call, items));
      }
    }
    this.#owner.withdrawn(call);
  }

  /** What the body threw, or the items of a chunk did, but for that they were told to stop. Throws `NotLoadedError`. */
  #errorsOf(call: Call, items: readonly unknown[]): readonly unknown[] {
    const how = this.#heap.peek(call.address + FLAGS) & (FAILED | STOPPED);
    if (how !== FAILED && call.fn !== runChunk) return NO_ITEMS;
    try {
      const outcome = this.#payloads.read(call.address, items);
      if (how === FAILED) return [outcome];
      return isChunkOutcome(outcome) ? failuresIn(outcome) : NO_ITEMS;
    } catch (error) {
      if (error instanceof NotLoadedError) throw error;
      return [error];
    }
  }

  /** Tries again when the modules have been imported that an outcome refers to. */
  #whenReady(call: Call, { ready }: NotLoadedError, go: () => void): void {
    call.arrived = true;
    const again = (): void => {
      go();
      this.#owner.settledLate();
    };
    void ready.then(again, again);
  }

  /** The body was asked to stop, and did. */
  #cancel(call: Call, reason: unknown): void {
    const future = call.future!;
    if (call.observed !== undefined) call.tellEnd("cancelled", reason);
    this.#calls.recycle(call);
    this.#counts.cancelled++;
    settleCancelled(future, reason);
  }

  /** Ends a call, and frees its slot. */
  settle(call: Call, outcome: unknown, failed: boolean): void {
    const future = call.future!;
    const { site, scope } = call;
    // What a call is called it forgets.
    const name = scope === undefined ? "" : call.taskName;
    if (call.observed !== undefined) call.tellEnd(failed ? "rejected" : "fulfilled", outcome);
    this.#calls.recycle(call);
    if (failed) {
      this.#counts.rejected++;
      tellSite(outcome, site);
      reject(future, outcome);
      if (scope !== undefined) leaveToScope(scope, future, name);
    } else {
      this.#counts.fulfilled++;
      fulfil(future, outcome);
    }
  }

  /** Decodes a result and settles the future with it, when the modules that it refers to have been imported. */
  #deliver(call: Call, items: readonly unknown[]): void {
    const failed = (this.#heap.peek(call.address + FLAGS) & FAILED) !== 0;
    let value: unknown;
    try {
      value = this.#payloads.read(call.address, items);
    } catch (error) {
      if (!(error instanceof NotLoadedError)) return this.settle(call, error, true);
      return this.#whenReady(call, error, () => {
        if (call.future!.done) this.#endAbandoned(call, items);
        else this.#deliver(call, items);
      });
    }
    this.settle(call, value, failed);
  }
}
