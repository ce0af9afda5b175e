/**
 * Tells what happens to the calls of an executor: subscribers, histograms, spans.
 *
 * Where nobody asks for any of these a call costs one look at whether somebody does.
 *
 * @packageDocumentation
 */
import type { WorkerEnd } from "../errors.ts";
import {
  hasTaskSubscribers,
  taskCancel,
  taskEnd,
  type TaskEvent,
  taskStart,
  taskSubmit,
  workerDown,
  workerUp,
} from "./observe-channels.ts";
import { type FunctionStatistics, Times } from "./observe-histogram.ts";
import { carrying, endSpan, hasTracing, inSpan, noteStart, type Span, startSpan } from "./observe-tracing.ts";
import { nowMs } from "../task-limits.ts";

/** How often running calls are looked for that have begun, while somebody wants to know. */
const LOOK_MS = 50;

/** One in so many calls looks whether OpenTelemetry is there by now, if it was not: a look takes as long as 15 others. */
const CALLS_PER_LOOK = 16;

/** When a worker began a call, and which. */
export interface Start {
  readonly startedMs: number;
  readonly worker: string;
}

type Outcome = NonNullable<TaskEvent["outcome"]>;
type Writable<T> = { -readonly [K in keyof T]: T[K] };

let count = 0;

/** One call that somebody observes. */
export class ObservedCall {
  readonly #observer: Observer;
  readonly #event: Writable<TaskEvent>;
  readonly #span: Span | undefined;
  /** Says whether a worker has begun it. */
  look: () => Start | undefined = () => undefined;

  constructor(observer: Observer, task: string, span: Span | undefined, submittedMs: number) {
    this.#observer = observer;
    this.#span = span;
    this.#event = {
      id: ++count,
      executor: observer.executor,
      task,
      submittedMs,
      worker: undefined,
      startedMs: undefined,
      waitMs: undefined,
      endedMs: undefined,
      runMs: undefined,
      outcome: undefined,
      error: undefined,
    };
    if (taskSubmit.hasSubscribers) taskSubmit.publish(this.#event);
  }

  /** Calls `send` where the calls that it makes belong to this one's trace. */
  within<T>(send: () => T): T {
    return this.#span === undefined ? send() : carrying(this.#span, send);
  }

  /** Runs its body on this thread, where its spans are children of this one's. */
  around<T>(body: () => T): T {
    return this.#span === undefined ? body() : inSpan(this.#span, body);
  }

  /** A worker has begun it. Only the first call counts. */
  started({ startedMs, worker }: Start): void {
    const event = this.#event;
    if (event.startedMs !== undefined) return;
    event.startedMs = startedMs;
    event.waitMs = Math.max(0, startedMs - event.submittedMs);
    event.worker = worker;
    if (this.#span !== undefined) noteStart(this.#span, worker, startedMs);
    if (taskStart.hasSubscribers) taskStart.publish(event);
  }

  /**
   * It has an outcome. Only the first call counts.
   *
   * @param ranMs - How long its body ran, if that has ended.
   */
  ended(outcome: Outcome, error: unknown, ranMs?: number): void {
    const event = this.#event;
    if (event.outcome !== undefined) return;
    const start = this.look();
    if (start !== undefined) this.started(start);
    event.endedMs = nowMs();
    if (event.startedMs !== undefined) event.runMs = ranMs ?? Math.max(0, event.endedMs - event.startedMs);
    event.outcome = outcome;
    event.error = error;
    this.#observer.ended(this, event);
    if (this.#span !== undefined) endSpan(this.#span, outcome, error, event.endedMs);
    const channel = outcome === "cancelled" ? taskCancel : taskEnd;
    if (channel.hasSubscribers) channel.publish(event);
  }
}

/** The observer of one executor. */
export class Observer {
  readonly executor: string;
  readonly #times: Times | undefined;
  /** Those whose start somebody wants to know. */
  readonly #unstarted = new Set<ObservedCall>();
  #timer: NodeJS.Timeout | undefined;
  #isTraced = false;
  #untilLook = 0;

  /** @param measures - Whether there are histograms. */
  constructor(executor: string, measures: boolean) {
    this.executor = executor;
    this.#times = measures ? new Times() : undefined;
  }

  /** Begins to observe a call that is made now, if somebody wants that. */
  observe(fn: Function, name: string | undefined): ObservedCall | undefined {
    if (!this.#isTraced && --this.#untilLook < 0) this.#lookForTracing();
    const isTraced = this.#isTraced && hasTracing();
    if (this.#times === undefined && !isTraced && !hasTaskSubscribers()) return undefined;
    const task = name ?? (fn.name || "(anonymous)");
    const now = nowMs();
    const span = isTraced ? startSpan(task, { "heddle.executor": this.executor }, now) : undefined;
    const call = new ObservedCall(this, task, span, now);
    if (taskStart.hasSubscribers || span !== undefined) this.#watch(call);
    return call;
  }

  /** Histograms by the names of functions, if it was made with them. */
  get functions(): Map<string, FunctionStatistics> | undefined {
    return this.#times?.snapshot();
  }

  ended(call: ObservedCall, { task, outcome, waitMs, runMs }: TaskEvent): void {
    this.#times?.ended(task, outcome!, waitMs, runMs);
    this.#unwatch(call);
  }

  workerUp(worker: string): void {
    if (!workerUp.hasSubscribers) return;
    const { executor } = this;
    workerUp.publish({ executor, worker, exitCode: undefined, cause: undefined, wasStopped: false });
  }

  workerDown({ worker, exitCode, cause }: WorkerEnd, wasStopped: boolean): void {
    if (workerDown.hasSubscribers)
      workerDown.publish({ executor: this.executor, worker, exitCode, cause, wasStopped });
  }

  #lookForTracing(): void {
    this.#isTraced = hasTracing();
    this.#untilLook = CALLS_PER_LOOK - 1;
  }

  #watch(call: ObservedCall): void {
    this.#unstarted.add(call);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #unwatch(call: ObservedCall): void {
    this.#unstarted.delete(call);
    if (this.#unstarted.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const call of this.#unstarted) {
      const start = call.look();
      if (start === undefined) continue;
      this.#unwatch(call);
      call.started(start);
    }
  }
}
