/**
 * What a call takes along to its worker: the values of its caller's context variables, and the name that it was given.
 *
 * A call that has neither takes nothing. Else one more argument, at the end, has the values, and before them the name, if there is one:
 * then their number is odd.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  type Binding,
  bindingsOf,
  type Carried,
  carry,
  currentContext,
  throwIfCancelled,
  ToldScope,
} from "../scopes/index.ts";
import { traceOf } from "./observe-tracing.ts";
import { STOP } from "./slot.ts";

/**
 * What a call takes along that is made now; `undefined` for nothing.
 *
 * @param name - Of the call. That of its function is known where that is.
 */
export function carriedAlong(
  name: string | undefined,
  fn: Function,
  args: readonly unknown[],
): Carried | undefined {
  const { values } = currentContext();
  const isNamed = name !== undefined && name !== bodyName(fn, args);
  if (values === undefined && !isNamed) return undefined;
  const carried = carry(values);
  return isNamed ? [name, ...carried] : carried;
}

/** The name of a body that was given none. That of a chunk of a map is called as the function of the map. */
export function bodyName(fn: Function, args: readonly unknown[]): string {
  const isChunk = args[4] === throwIfCancelled;
  return ((isChunk ? args[0] : fn) as Function).name || "(anonymous)";
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

  /** @param name - Of the function. A name that was brought along goes first. */
  constructor(heap: Heap, slot: number, carried: Carried, name: string) {
    const isNamed = carried.length % 2 === 1;
    super(heap, slot + STOP, isNamed ? (carried[0] as string) : name);
    this.#values = bindingsOf(isNamed ? carried.slice(1) : carried);
    this.#inTrace = this.#values === undefined ? undefined : traceOf(this.#values);
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
