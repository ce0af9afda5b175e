/**
 * Makes calls: writes them into slots, and has them published.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { currentContext, ofVariable } from "../../scopes/index.ts";
import type { WireHooks } from "../../wire/index.ts";
import { carriedAlong } from "../board/call-context.ts";
import type { CallQueue } from "./call-queue.ts";
import type { CallCounts } from "./call-settler.ts";
import type { Calls } from "./calls.ts";
import { Future, rejectedFuture } from "../future.ts";
import type { ObservedCall } from "../observe/observer.ts";
import { rankOf } from "./ranked-heap.ts";
import type { Payloads } from "../board/payload.ts";
import type { Poller } from "./poller.ts";
import { CARRIES, FLAGS, FUNCTION, SERIAL, SIDE_ITEMS, TIMED } from "../board/slot.ts";
import { SubmissionSites, tellSite } from "./submission-sites.ts";
import { limitRun, linkScope, linkSignal } from "../task-limits.ts";
import type { TaskOptions } from "../task-options.ts";

export class CallSender {
  readonly #heap: Heap;
  readonly #hooks: WireHooks;
  readonly #payloads: Payloads;
  readonly #calls: Calls;
  readonly #queue: CallQueue;
  readonly #poller: Poller;
  readonly #counts: CallCounts;
  readonly #sites = new SubmissionSites();

  constructor(
    heap: Heap,
    hooks: WireHooks,
    payloads: Payloads,
    calls: Calls,
    queue: CallQueue,
    poller: Poller,
    counts: CallCounts,
  ) {
    this.#heap = heap;
    this.#hooks = hooks;
    this.#payloads = payloads;
    this.#calls = calls;
    this.#queue = queue;
    this.#poller = poller;
    this.#counts = counts;
  }

  /**
   * Sends a call on its way. What cannot travel rejects the future.
   *
   * @param only - The worker that is to run it, as it is sent to each; -1 where it is sent once.
   */
  send(
    fn: Function,
    args: readonly unknown[],
    options: TaskOptions,
    only: number,
    observed?: ObservedCall,
  ): Future<unknown> {
    const call = this.#calls.take();
    const slot = call.address;
    let flags = options.timeoutMs === undefined && observed === undefined ? 0 : TIMED;
    const carried = carriedAlong(options.name, fn, args);
    let worker = only;
    try {
      const record = this.#hooks.publishFunction(fn, "fn");
      this.#heap.poke(slot + FUNCTION, record.address | 0);
      this.#heap.poke(slot + SERIAL, record.serial | 0);
      call.record = record;
      const sent = carried === undefined ? args : [...args, carried];
      if (carried !== undefined) flags |= CARRIES;
      const side = this.#payloads.writeArguments(slot, sent, only >= 0);
      if (only < 0 && options.affinity !== undefined) {
        call.affinity = options.affinity;
        worker = this.#queue.homeOf(options.affinity);
      }
      if (side !== undefined) {
        // Others are not held: bursts of short-lived arrays would outlive their generation.
        call.args = sent;
        flags |= SIDE_ITEMS;
        worker = this.#queue.place(call, side, worker);
      }
    } catch (thrown) {
      const error = carried === undefined ? thrown : ofVariable(thrown, `args[${args.length}]`, carried);
      const site = this.#sites.of(fn, call.record);
      this.#calls.recycle(call);
      this.#counts.rejected++;
      tellSite(error, site);
      observed?.ended("rejected", error);
      return rejectedFuture(error);
    }
    this.#heap.poke(slot + FLAGS, flags);
    const future = new Future<unknown>(call);
    call.future = future;
    call.fn = fn;
    call.cargo = this.#payloads.takeCargo();
    call.heldBytes = this.#payloads.takeHeld();
    call.site = this.#sites.of(fn, call.record);
    call.name = options.name;
    call.buffer = options.buffer;
    if (options.graceMs !== undefined) call.graceMs = options.graceMs;
    if (observed !== undefined) call.observeBy(observed);
    if (options.priority) {
      call.rank = rankOf(call.rank, options.priority);
      call.isRanked = true;
    }
    const { scope } = currentContext();
    if (scope !== undefined) linkScope(call, scope);
    if (options.signal !== undefined) linkSignal(call, options.signal);
    if (options.timeoutMs !== undefined) limitRun(call, options.timeoutMs);
    this.#poller.kick(this.#queue.publish(call, worker));
    return future;
  }
}
