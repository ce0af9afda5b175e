/**
 * Values that follow the code that is called, without being passed on.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { declareEverywhere, explainStaying } from "../portable/index.ts";
import { type Binding, Context, currentContext, runIn } from "./context.ts";

/**
 * A variable whose value belongs to the running code and to all that it calls, awaits and spawns, in other threads, too.
 *
 * It is known by its name: variables of one name are one variable, whichever module or thread made them. So give it a
 * name that says whose it is, such as "my-package.user". A function may capture one and bring it to another thread.
 *
 * @remarks
 * Cost: a step for each variable bound since, to read; about 20 ns to bind.
 * Source: PEP 567, `contextvars`.
 *
 * @example
 * ```ts
 * import { ContextVar } from "heddle";
 *
 * const user = new ContextVar("user", "nobody");
 * user.run("ann", () => user.get()); // => "ann"
 * user.get(); // => "nobody"
 * ```
 */
export class ContextVar<T> {
  readonly name: string;
  /** What `get` gives where nothing is bound. Public, as `name` is, so that a variable travels with the functions that capture it. */
  readonly initial: { readonly value: T } | undefined;

  /** @param initial - What `get` gives where nothing is bound. Without it, `get` throws there. */
  constructor(name: string, ...initial: [] | [initial: T]) {
    if (typeof name !== "string") {
      throw new TypeError(`Cannot make a ContextVar: its name must be a string, and is ${typeof name}`);
    }
    this.name = name;
    this.initial = initial.length === 0 ? undefined : { value: initial[0] };
  }

  /**
   * The value that the running code sees.
   *
   * @throws `ReferenceError` where nothing is bound, and no initial value was given.
   */
  get(): T {
    for (let at: Binding | undefined = currentContext().values; at !== undefined; at = at.before) {
      if (at.name === this.name) return at.value as T;
    }
    if (this.initial !== undefined) return this.initial.value;
    throw new ReferenceError(
      `Cannot get context variable "${this.name}": nothing is bound to it here; run within its run(), or give it an ` +
        "initial value",
    );
  }

  /** Calls `body`, which sees `value`, and so does all that it calls, awaits and spawns. */
  run<R>(value: T, body: () => R): R {
    if (typeof body !== "function") {
      throw new TypeError(`Cannot run with context variable "${this.name}": the body is not a function`);
    }
    const { scope, task, values } = currentContext();
    return runIn(new Context(scope, task, { name: this.name, value, before: values }), body);
  }
}

// Where Heddle is part of a bundle, workers have the same class.
declareEverywhere("ContextVar", ContextVar);

explainStaying(
  AsyncLocalStorage,
  "what it holds belongs to the flows of this thread",
  "send the result of its getStore(), or use a ContextVar, which goes along with each call",
);
