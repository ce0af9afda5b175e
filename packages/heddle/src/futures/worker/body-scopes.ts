/**
 * What the bodies of calls run in that take nothing along: scopes that their caller can cancel, at next to no cost while nobody
 * does.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  AnyContext,
  beforeListing,
  currentContext,
  enter,
  othersNow,
  OUTSIDE,
  type Surroundings,
  TaskNode,
} from "../../scopes/index.ts";
import { bodyName, reasonToStop } from "../board/call-context.ts";
import { STOP } from "../board/slot.ts";

const AsyncFunction = (async () => {}).constructor as new () => Function;

/** The scope of one body at a time, which is a task once it is looked at. */
class BodyScope extends TaskNode {
  readonly #body: BodyContext;
  /** Its name, if somebody has seen the task. */
  #seenAs: string | undefined = undefined;

  constructor(body: BodyContext) {
    super(undefined, OUTSIDE);
    this.#body = body;
  }

  override get name(): string {
    return this.#seenAs ?? this.#body.name;
  }

  /** What a body has left behind belongs to no task, if nobody had looked before. */
  override asTask(): TaskNode | undefined {
    if (this.#seenAs === undefined) {
      if (this.#body.slot === 0) return undefined;
      this.#seenAs = this.name;
    }
    return this;
  }

  override get isUntouched(): boolean {
    return this.#seenAs === undefined && super.isUntouched;
  }

  /** The body has ended: another may begin here, unless somebody has seen this one. */
  end(): void {
    if (this.#seenAs !== undefined) this.close();
  }

  override hear(): void {
    if (!this.isCancelled) this.#body.hear();
  }
}

/**
 * What one body at a time runs in. Its scope is made when somebody asks for that: most bodies never do. V8 puts the constructor of a class in line,
 * but not those of classes in between, so this is a context of no other kind.
 */
export class BodyContext extends AnyContext {
  readonly surroundings: Surroundings = othersNow();
  readonly #heap: Heap;
  /** Of the call whose body runs; 0 while there is none. */
  slot = 0;
  #fn: Function | undefined = undefined;
  #args: readonly unknown[] | undefined = undefined;
  #scope: BodyScope | undefined = undefined;
  /** Where it is listed, as one of a body that goes on or is likely to. */
  batch: Batch | undefined = undefined;
  place = 0;
  /** The body has returned a promise: until then it hears of nothing, so that what it listens with is there first. */
  goesOn = false;

  constructor(heap: Heap) {
    super();
    this.#heap = heap;
  }

  begin(slot: number, fn: Function, args: readonly unknown[]): void {
    this.slot = slot;
    this.#fn = fn;
    this.#args = args;
  }

  /** The body has ended: the slot is another's. */
  end(): void {
    this.slot = 0;
    this.#args = undefined;
    this.#scope?.end();
  }

  /** The same, and no other body begins here. */
  close(): void {
    this.slot = 0;
    this.#args = undefined;
    this.#scope?.close();
  }

  get scope(): TaskNode {
    if (this.#scope === undefined) {
      this.#scope = new BodyScope(this);
      if (this.slot === 0) this.#scope.close();
      else if (this.goesOn) this.hear();
    }
    return this.#scope;
  }

  /** What a body has left behind belongs to no task: no scope is made for it to say so. */
  get task(): TaskNode | undefined {
    return this.#scope === undefined && this.slot === 0 ? undefined : this.scope.asTask();
  }

  /** It took none along. */
  get values(): undefined {
    return undefined;
  }

  get name(): string {
    return bodyName(this.#fn!, this.#args ?? []);
  }

  get isUntouched(): boolean {
    return this.#scope === undefined || this.#scope.isUntouched;
  }

  get isCancelled(): boolean {
    return this.#scope !== undefined && this.#scope.isCancelled;
  }

  isItsCancellation(error: unknown): boolean {
    return this.#scope !== undefined && this.#scope.isItsCancellation(error);
  }

  /** Looks whether the owner asks the body to stop. */
  hear(): void {
    const { slot } = this;
    if (slot === 0 || this.#scope === undefined || this.#heap.load(slot + STOP) === 0) return;
    this.#scope.cancel(reasonToStop(this.#heap, slot));
  }
}

/** So many contexts of bodies share a list. */
const BATCH_LENGTH = 64;

/**
 * Contexts of bodies that have begun one after the other; those that have ended are gone. In one list for all, which is old, V8 would have
 * to note for each that something old refers to something young, which takes longer than all else that is done here.
 */
class Batch {
  readonly bodies: (BodyContext | undefined)[] = new Array(BATCH_LENGTH);
  length = 0;
  left = 0;
}

/**
 * A context, with its scope, serves one body after the other, as long as they return at once and leave nothing in it: to go over
 * to another costs as much as a short call.
 *
 * - B1: a scope in which something waits, or was begun, or whose signal or task somebody has, serves no other body.
 * - B2: what a body leaves running cannot be cancelled once the body has ended; and where that begins or waits for something in the
 *   scope, B1 holds.
 * - B3: bodies that go on asynchronously get a context that has served no other: functions that are declared so, and those that have
 *   done so before. The first time that another one does so, it shares its scope with what earlier bodies left running: should it
 *   be cancelled, that is told to stop, too.
 * - B4: a scope that is made late is as one that was made in time: nobody could wait in it before, it hears at once what its body
 *   was asked if that goes on already, and who lists all tasks has all made first.
 */
export class BodyScopes {
  readonly #heap: Heap;
  #next: BodyContext | undefined = undefined;
  /** Functions that are not declared asynchronous, and whose bodies have gone on all the same. */
  readonly #goOn = new WeakSet<Function>();
  /** The function of the last body, and whether its bodies go on. */
  #lastFn: Function | undefined;
  #lastGoesOn = false;
  /** Those of bodies that go on. */
  readonly #going = new Set<Batch>();
  /** Of these the one that more are put into. */
  #batch: Batch | undefined = undefined;

  constructor(heap: Heap) {
    this.#heap = heap;
    beforeListing(() => this.#makeAll());
  }

  /** Goes over to the context of a body that begins now, until the function that the event loop has called returns. */
  enter(slot: number, fn: Function, args: readonly unknown[]): BodyContext {
    if (fn !== this.#lastFn) {
      this.#lastFn = fn;
      this.#lastGoesOn = fn instanceof AsyncFunction || this.#goOn.has(fn);
    }
    // B3.
    const body = this.#lastGoesOn ? this.#begin() : this.#shared();
    body.begin(slot, fn, args);
    return body;
  }

  #begin(): BodyContext {
    const body = new BodyContext(this.#heap);
    enter(body);
    this.#list(body);
    return body;
  }

  #shared(): BodyContext {
    let body = this.#next;
    // B1.
    if (body !== undefined && !body.isUntouched) {
      body.close();
      body = undefined;
    }
    body ??= this.#next = new BodyContext(this.#heap);
    if (currentContext() !== body) enter(body);
    return body;
  }

  /** The body of `fn` goes on. What it is awaited by from now on is in its context, wherever the body has gone over to. */
  keep(body: BodyContext, fn: Function): void {
    if (body.batch === undefined) {
      this.#goOn.add(fn);
      this.#lastFn = undefined;
      this.#next = undefined;
      this.#list(body);
    }
    body.goesOn = true;
    body.hear();
    if (currentContext() !== body) enter(body);
  }

  /** The body has ended. */
  leave(body: BodyContext): void {
    const { batch } = body;
    if (batch === undefined) return body.end();
    batch.bodies[body.place] = undefined;
    if (--batch.left === 0 && batch !== this.#batch) this.#going.delete(batch);
    body.close();
  }

  /** The owner has asked some to stop. */
  hear(): void {
    for (const { bodies } of this.#going) for (const body of bodies) body?.hear();
  }

  #list(body: BodyContext): void {
    let batch = this.#batch;
    if (batch === undefined || batch.length === BATCH_LENGTH) batch = this.#beginBatch();
    body.batch = batch;
    body.place = batch.length++;
    batch.bodies[body.place] = body;
    batch.left++;
  }

  #beginBatch(): Batch {
    if (this.#batch?.left === 0) this.#going.delete(this.#batch);
    const batch = (this.#batch = new Batch());
    this.#going.add(batch);
    return batch;
  }

  /** B4. */
  #makeAll(): void {
    for (const { bodies } of this.#going) for (const body of bodies) void body?.scope;
    if (this.#next !== undefined && this.#next.slot !== 0) void this.#next.scope;
  }
}
