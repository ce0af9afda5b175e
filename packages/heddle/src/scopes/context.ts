/**
 * What a piece of running code belongs to: a scope that may be cancelled, a task with a name, values for context variables.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { type Door, findDoor, type Frame, Others } from "./frames.ts";
import type { Scope } from "./scope.ts";
import type { TaskNode } from "./task-node.ts";

/** What all other `AsyncLocalStorage`s hold in some code. */
export type Surroundings = Frame | AsyncResource | undefined;

/**
 * What running code belongs to. Never changed, only replaced: code that is called gets another one, and what it awaits
 * keeps that.
 */
export abstract class AnyContext implements Frame {
  abstract readonly scope: Scope | undefined;
  abstract readonly task: TaskNode | undefined;
  abstract readonly values: Binding | undefined;
  abstract readonly surroundings: Surroundings;

  has(storage: unknown): boolean {
    return storage === contexts || othersOf(this)?.has(storage) === true;
  }

  get(storage: unknown): unknown {
    return storage === contexts ? this : othersOf(this)?.get(storage);
  }

  disable(storage: unknown): void {
    othersOf(this)?.disable(storage);
  }

  *[Symbol.iterator](): Generator<readonly [storage: unknown, value: unknown]> {
    const others = othersOf(this);
    if (others !== undefined) yield* others;
    yield [contexts, this];
  }
}

/** One whose parts are known. */
export class Context extends AnyContext {
  readonly scope: Scope | undefined;
  readonly task: TaskNode | undefined;
  readonly values: Binding | undefined;
  readonly surroundings: Surroundings;

  constructor(
    scope: Scope | undefined,
    task: TaskNode | undefined,
    values: Binding | undefined,
    around: Surroundings = othersNow(),
  ) {
    super();
    this.scope = scope;
    this.task = task;
    this.values = values;
    this.surroundings = around;
  }
}

/** That of a scope that is a task for those who ask: most code that is run for others does not. */
export abstract class LazyContext extends AnyContext {
  /** May be made when somebody asks. */
  abstract override readonly scope: TaskNode;
  readonly values: Binding | undefined;
  readonly surroundings: Surroundings;

  constructor(values: Binding | undefined) {
    super();
    this.values = values;
    this.surroundings = othersNow();
  }

  get task(): TaskNode | undefined {
    return this.scope.asTask();
  }
}

/** What other storages hold in the running code, as far as a context that is entered there has to keep it. */
export function othersNow(): Surroundings {
  return door === undefined ? undefined : frameAround(door);
}

/** Only asked where there is a door: there these are a frame. */
function othersOf(context: AnyContext): Frame | undefined {
  return context.surroundings as Frame | undefined;
}

/** One value of a context variable, in front of those that were bound before. */
export interface Binding {
  /** The name of the variable. */
  readonly name: string;
  readonly value: unknown;
  readonly before: Binding | undefined;
}

const contexts = new AsyncLocalStorage<AnyContext>();

/** A frame without its context, by that frame: else tasks that spawn each other on and on would keep each other. */
const without = new WeakMap<Frame, Frame | undefined>();

/** Undefined while it is looked for. */
let door: Door | undefined = undefined;

/** The context of code that belongs to nothing. */
export const OUTSIDE: Context = new Context(undefined, undefined, undefined);
door = findDoor(contexts, (frame) => new Context(undefined, undefined, undefined, frame));

/** Of the global object of a process that has begun without the toolkit: what has the toolkit know of that process. */
const JOIN: unique symbol = Symbol.for("heddle.join");

/** The context of code that was called in none; undefined until somebody asks for it. */
let root: AnyContext | undefined = undefined;

/** Puts code into a context that has run before there was any: all that this process does. */
export function beginIn(context: AnyContext): void {
  root = context;
}

function rootContext(): AnyContext {
  if (root === undefined) {
    root = OUTSIDE;
    (globalThis as { [JOIN]?: () => void })[JOIN]?.();
  }
  return root;
}

/** The context of the running code. Cost: 3 ns. */
export function currentContext(): AnyContext {
  if (door === undefined) return contexts.getStore() ?? root ?? rootContext();
  const frame = door.current();
  if (frame instanceof AnyContext) return frame;
  if (frame === undefined) return root ?? rootContext();
  return (frame.get(contexts) as AnyContext | undefined) ?? root ?? rootContext();
}

/** The context of the running code, to be run in later: with what other storages hold now. */
export function contextToKeep(): AnyContext {
  if (door === undefined) return currentContext();
  const frame = door.current();
  if (frame === undefined) return root ?? rootContext();
  if (frame instanceof AnyContext) return frame;
  const { scope, task, values } = currentContext();
  return new Context(scope, task, values);
}

/** What other storages hold in the running code, for a context that is made later. */
export function surroundings(): Surroundings {
  if (door !== undefined) return frameAround(door);
  return new AsyncResource("heddle.Context", { requireManualDestroy: true });
}

/** Calls `body` in another context. Cost: about 10 ns; 300 where there is no {@link Door}. */
export function runIn<T>(context: AnyContext, body: () => T): T {
  if (door === undefined) return runByStorage(context, body);
  const before = door.current();
  door.set(context);
  try {
    return body();
  } finally {
    door.set(before);
  }
}

/** Goes over to another context, until the function that the event loop has called returns. */
export function enter(context: AnyContext): void {
  if (door === undefined) contexts.enterWith(context);
  else door.set(context);
}

/**
 * Calls `body` in another context, which the caller may be in, too, until the function that the event loop has called
 * returns. For one that calls many, each in its own.
 */
export function goIn<A>(context: AnyContext, body: (argument: A) => void, argument: A): void {
  if (door === undefined) return runByStorage(context, () => body(argument));
  door.set(context);
  body(argument);
}

function runByStorage<T>(context: AnyContext, body: () => T): T {
  const around = context.surroundings;
  if (around instanceof AsyncResource) {
    return around.runInAsyncScope(() => contexts.run(context, body));
  }
  return contexts.run(context, body);
}

function frameAround({ current }: Door): Frame | undefined {
  const frame = current();
  if (frame === undefined) return undefined;
  if (frame instanceof AnyContext) return frame.surroundings as Frame | undefined;
  if (!frame.has(contexts)) return frame;
  let others = without.get(frame);
  if (others === undefined) {
    others = new Others(frame);
    others.disable(contexts);
    without.set(frame, others);
  }
  return others;
}
