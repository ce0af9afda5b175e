/**
 * What the bodies of calls run in that take nothing along: scopes that their caller can cancel, at next to no cost while nobody
 * does.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { currentContext, enter, LazyContext, OUTSIDE, TaskNode } from "../../scopes/index.ts";
import { bodyName, reasonToStop } from "../board/call-context.ts";
import { STOP } from "../board/slot.ts";

const AsyncFunction = (async () => {}).constructor as new () => Function;

/** The scope of one body at a time, which is a task once it is looked at. */
export class BodyScope extends TaskNode {
  readonly #heap: Heap;
  readonly context: LazyContext = new LazyContext(this, undefined);
  /** Of the call whose body runs; 0 while there is none. */
  #slot = 0;
  #fn: Function | undefined = undefined;
  #args: readonly unknown[] | undefined = undefined;
  /** Its name, if somebody has seen the task. */
  #seenAs: string | undefined = undefined;
  /** Whether it has served a body. */
  hasServed = false;

  constructor(heap: Heap) {
    super(undefined, OUTSIDE);
    this.#heap = heap;
  }

  begin(slot: number, fn: Function, args: readonly unknown[]): void {
    this.hasServed = true;
    this.#slot = slot;
    this.#fn = fn;
    this.#args = args;
  }

  /** The body has ended: the slot is another's. */
  end(): void {
    this.#slot = 0;
    this.#args = undefined;
    if (this.#seenAs !== undefined) super.close();
  }

  override get name(): string {
    return this.#seenAs ?? bodyName(this.#fn!, this.#args ?? []);
  }

  /** What a body has left behind belongs to no task, if nobody had looked before. */
  override asTask(): TaskNode | undefined {
    if (this.#seenAs === undefined) {
      if (this.#slot === 0) return undefined;
      this.#seenAs = this.name;
    }
    return this;
  }

  override get isUntouched(): boolean {
    return this.#seenAs === undefined && super.isUntouched;
  }

  override close(): void {
    this.#slot = 0;
    this.#args = undefined;
    super.close();
  }

  override hear(): void {
    const slot = this.#slot;
    if (slot === 0 || this.isCancelled || this.#heap.load(slot + STOP) === 0) return;
    this.cancel(reasonToStop(this.#heap, slot));
  }
}

/**
 * A scope serves one body after the other, as long as they return at once and leave nothing in it: to go over to another costs as
 * much as a short call.
 *
 * - B1: a scope in which something waits, or was begun, or whose signal or task somebody has, serves no other body.
 * - B2: what a body leaves running cannot be cancelled once the body has ended; and where that begins or waits for something in the
 *   scope, B1 holds.
 * - B3: bodies that go on asynchronously get a scope that has served no other: functions that are declared so, and those that have
 *   done so before. The first time that another one does so, it shares its scope with what earlier bodies left running: should it
 *   be cancelled, that is told to stop, too.
 */
export class BodyScopes {
  readonly #heap: Heap;
  #next: BodyScope;
  /** Functions that are not declared asynchronous, and whose bodies have gone on all the same. */
  readonly #goOn = new WeakSet<Function>();
  /** The function of the last body, and whether its bodies go on. */
  #lastFn: Function | undefined;
  #lastGoesOn = false;
  /** Those of bodies that go on. */
  readonly #going = new Set<BodyScope>();

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#next = new BodyScope(heap);
  }

  /** Goes over to the scope of a body that begins now, until the function that the event loop has called returns. */
  enter(slot: number, fn: Function, args: readonly unknown[]): BodyScope {
    if (fn !== this.#lastFn) {
      this.#lastFn = fn;
      this.#lastGoesOn = fn instanceof AsyncFunction || this.#goOn.has(fn);
    }
    // B1, B3.
    if (!this.#next.isUntouched || (this.#lastGoesOn && this.#next.hasServed)) {
      this.#next.close();
      this.#next = new BodyScope(this.#heap);
    }
    const scope = this.#next;
    if (currentContext() !== scope.context) enter(scope.context);
    scope.begin(slot, fn, args);
    return scope;
  }

  /** The body of `fn` goes on. */
  keep(scope: BodyScope, fn: Function): void {
    if (!this.#lastGoesOn || fn !== this.#lastFn) {
      this.#goOn.add(fn);
      this.#lastFn = undefined;
    }
    this.#next = new BodyScope(this.#heap);
    this.#going.add(scope);
    scope.hear();
  }

  /** The body has ended. */
  leave(scope: BodyScope): void {
    if (scope === this.#next) return scope.end();
    this.#going.delete(scope);
    scope.close();
  }

  /** The owner has asked some to stop. */
  hear(): void {
    for (const scope of this.#going) scope.hear();
  }
}
