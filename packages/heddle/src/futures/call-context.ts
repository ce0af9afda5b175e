/**
 * What of the caller's context a call takes along to its worker: the values of context variables.
 *
 * A call made where none is bound takes nothing. Else one more argument, at the end, has the values.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type Binding, bindingsOf, type Carried, carry, currentContext, ToldScope } from "../scopes/index.ts";
import { traceOf } from "./observe-tracing.ts";
import { STOP } from "./slot.ts";

/** What a call takes along that is made now; `undefined` for nothing. */
export function carriedAlong(): Carried | undefined {
  const { values } = currentContext();
  return values === undefined ? undefined : carry(values);
}

/** What the scope of a body is cancelled with when its caller asks for that. */
export function callCancelled(): DOMException {
  return new DOMException("The caller has cancelled this call", "AbortError");
}

/** Asks the body of a call to stop. */
export function askToStop(heap: Heap, slot: number): void {
  heap.store(slot + STOP, 1);
  heap.notify(slot + STOP);
}

/** The scope of a body in its worker that brought something along: cancelled when the owner asks for it. */
export class CallScope extends ToldScope {
  /** What the variables of its body are bound to. */
  readonly #values: Binding | undefined;
  readonly #inTrace: ReturnType<typeof traceOf>;

  constructor(heap: Heap, slot: number, carried: Carried) {
    super(heap, slot + STOP);
    this.#values = bindingsOf(carried);
    this.#inTrace = carried.length === 0 ? undefined : traceOf(this.#values);
  }

  /** Calls the body, or a part of it. */
  runBody<T>(body: () => T): T {
    const inTrace = this.#inTrace;
    return this.call(this.#values, inTrace === undefined ? body : () => inTrace(body));
  }

  override get reasonTold(): unknown {
    return callCancelled();
  }
}
