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
} from "../../scopes/index.ts";
import { storedValuesIn } from "../../sync/index.ts";
import { traceOf } from "../observe/observe-tracing.ts";
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

/** In place of the address of a reason that cannot travel. */
const NO_REASON = 1;

/**
 * Asks the body of a call to stop, and tells it why. Only the first reason counts.
 *
 * @returns Where the reason is stored, which is to be dropped when nobody runs the call any more; 0 for nowhere.
 */
export function askToStop(heap: Heap, slot: number, reason: unknown): number {
  if (heap.load(slot + STOP) !== 0) return 0;
  const stored = tryStore(heap, reason);
  heap.store(slot + STOP, stored === 0 ? NO_REASON : stored | 0);
  return stored;
}

function tryStore(heap: Heap, reason: unknown): number {
  try {
    return storedValuesIn(heap).store(reason, "reason");
  } catch {
    return 0;
  }
}

/** Why the body of a call was asked to stop, in its worker. */
export function reasonToStop(heap: Heap, slot: number): unknown {
  const stored = heap.load(slot + STOP) >>> 0;
  try {
    if (stored !== NO_REASON) return storedValuesIn(heap).readSync(stored);
  } catch {
    // It is of a module that cannot be loaded here: that it was cancelled counts for more.
  }
  return new DOMException("The caller has cancelled this call", "AbortError");
}

/** The scope of a body in its worker that brought something along: cancelled when the owner asks for it. */
export class CallScope extends ToldScope {
  readonly #heap: Heap;
  readonly #slot: number;
  /** What the variables of its body are bound to. */
  readonly #values: Binding | undefined;
  readonly #inTrace: ReturnType<typeof traceOf>;

  /** @param name - Of the function. A name that was brought along goes first. */
  constructor(heap: Heap, slot: number, carried: Carried, name: string) {
    const isNamed = carried.length % 2 === 1;
    super(heap, slot + STOP, isNamed ? (carried[0] as string) : name);
    this.#heap = heap;
    this.#slot = slot;
    this.#values = bindingsOf(isNamed ? carried.slice(1) : carried);
    this.#inTrace = this.#values === undefined ? undefined : traceOf(this.#values);
  }

  /** Calls the body, or a part of it. */
  runBody<T>(body: () => T): T {
    const inTrace = this.#inTrace;
    return this.call(this.#values, inTrace === undefined ? body : () => inTrace(body));
  }

  override get reasonTold(): unknown {
    return reasonToStop(this.#heap, this.#slot);
  }
}
