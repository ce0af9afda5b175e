/**
 * Spans by OpenTelemetry, if the program has that: what it has registered is found where its API keeps it, so nothing is
 * imported.
 *
 * Source: `@opentelemetry/api` 1.x, `internal/global-utils.ts` and `trace/context-utils.ts`; W3C Trace Context, level 1.
 *
 * @packageDocumentation
 */
import { type Binding, currentContext, Context, runIn } from "../../scopes/index.ts";

const API = Symbol.for("opentelemetry.js.api.1");
/** Keys of contexts are symbols of the registry, so that copies of the API understand each other. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
const ERROR_STATUS = 2;

/** The context variable that takes the trace along: what the propagator has written, or a `traceparent`. */
const TRACE_VARIABLE = "heddle.trace";

interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
  deleteValue(key: symbol): OtelContext;
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

export interface Span {
  spanContext(): SpanContext;
  setAttribute(key: string, value: string | number | boolean): unknown;
  addEvent(name: string, attributes: object, time: number): unknown;
  recordException(error: unknown): void;
  setStatus(status: { code: number; message?: string }): unknown;
  end(time?: number): void;
}

type Carrier = Record<string, string>;

interface Otel {
  readonly trace?: {
    getTracer(name: string): { startSpan(name: string, options: object, context: OtelContext): Span };
  };
  readonly context?: {
    active(): OtelContext;
    with<T>(context: OtelContext, body: () => T): T;
  };
  readonly propagation?: {
    inject(context: OtelContext, carrier: Carrier, setter: object): void;
    extract(context: OtelContext, carrier: Carrier, getter: object): OtelContext;
  };
}

function otel(): Otel | undefined {
  return (globalThis as { [API]?: Otel })[API];
}

/** Whether the program has registered a provider of tracers. */
export function hasTracing(): boolean {
  return otel()?.trace !== undefined;
}

/** A context with nothing in it, where no context manager is registered. */
class PlainContext implements OtelContext {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown> = new Map()) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): OtelContext {
    return new PlainContext(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): OtelContext {
    const values = new Map(this.#values);
    values.delete(key);
    return new PlainContext(values);
  }
}

const ROOT = new PlainContext();

/** Begins the span of a call that is made now. `undefined` if there is no provider, or it fails. */
export function startSpan(task: string, attributes: object, startTime: number): Span | undefined {
  const api = otel();
  try {
    return api?.trace
      ?.getTracer("heddle")
      .startSpan(`task ${task}`, { attributes, startTime }, api.context?.active() ?? ROOT);
  } catch (error) {
    warn(error);
    return undefined;
  }
}

/** Calls `send` where the calls that it makes take the span along. */
export function carrying<T>(span: Span, send: () => T): T {
  const { scope, task, values } = currentContext();
  const trace: Binding = { name: TRACE_VARIABLE, value: carrierOf(span), before: values };
  return runIn(new Context(scope, task, trace), send);
}

/** Calls `body` where its spans are children of this one. */
export function inSpan<T>(span: Span, body: () => T): T {
  const manager = otel()?.context;
  return manager === undefined ? body() : manager.with(manager.active().setValue(SPAN, span), body);
}

function carrierOf(span: Span): Carrier {
  const api = otel();
  const carrier: Carrier = {};
  try {
    const context = (api?.context?.active() ?? ROOT).setValue(SPAN, span);
    api?.propagation?.inject(context, carrier, {
      set: (to: Carrier, key: string, value: string) => (to[key] = value),
    });
    if (api?.propagation === undefined) {
      const { traceId, spanId, traceFlags } = span.spanContext();
      carrier["traceparent"] = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
    }
  } catch (error) {
    warn(error);
  }
  return carrier;
}

/** What runs a body of a worker where its spans are children of the call's; `undefined` if there is nothing to do. */
export function traceOf(values: Binding | undefined): (<T>(body: () => T) => T) | undefined {
  const api = otel();
  const manager = api?.context;
  if (manager === undefined) return undefined;
  let at = values;
  while (at !== undefined && at.name !== TRACE_VARIABLE) at = at.before;
  if (at === undefined) return undefined;
  try {
    const context = contextOf(api!, at.value as Carrier);
    return (body) => manager.with(context, body);
  } catch (error) {
    warn(error);
    return undefined;
  }
}

function contextOf(api: Otel, carrier: Carrier): OtelContext {
  if (api.propagation !== undefined) {
    return api.propagation.extract(ROOT, carrier, {
      get: (from: Carrier, key: string) => from[key],
      keys: (from: Carrier) => Object.keys(from),
    });
  }
  const [, traceId = "", spanId = "", flags = "0"] = carrier["traceparent"]?.split("-") ?? [];
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return ROOT.setValue(SPAN, remoteSpan(spanContext));
}

/** Stands for a span that another thread records. */
function remoteSpan(spanContext: SpanContext): object {
  const same = (): object => span;
  const span: object = {
    spanContext: () => spanContext,
    isRecording: () => false,
    setAttribute: same,
    setAttributes: same,
    addEvent: same,
    addLink: same,
    addLinks: same,
    setStatus: same,
    updateName: same,
    recordException: () => {},
    end: () => {},
  };
  return span;
}

/** Ends a span with what has become of its call. */
export function endSpan(span: Span, outcome: string, error: unknown, endTime: number): void {
  try {
    span.setAttribute("heddle.task.outcome", outcome);
    if (outcome === "rejected") {
      span.recordException(error);
      span.setStatus({ code: ERROR_STATUS, message: error instanceof Error ? error.message : String(error) });
    }
    span.end(endTime);
  } catch (failure) {
    warn(failure);
  }
}

/** Notes in a span that a worker has begun the call. */
export function noteStart(span: Span, worker: string, startTime: number): void {
  try {
    span.setAttribute("heddle.worker", worker);
    span.addEvent("start", { "heddle.worker": worker }, startTime);
  } catch (failure) {
    warn(failure);
  }
}

/** Tracing that fails must not fail what it traces. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : `OpenTelemetry threw ${String(error)}`);
}
