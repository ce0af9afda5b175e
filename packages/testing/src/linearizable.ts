/**
 * Whether what threads saw of a shared object can be explained by their operations having happened one by one.
 *
 * Source: J. Wing, C. Gong, "Testing and Verifying Concurrent Objects" (1993); G. Lowe, "Testing for Linearizability"
 * (2017), for letting an operation take effect just before a return that needs it, and for not following what meets
 * twice; A. Horn, D. Kroening, "Faster Linearizability Checking via P-Compositionality" (2015). Departs from them: a
 * specification may look ahead in the history, and what fails is reported by the shortest beginning that fails.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { isOperation, isPending, isThrown, type Operation, show, tell } from "./history.ts";
import { checkOptions, checkWhole } from "./options.ts";
import { Search } from "./search.ts";
import { timeline } from "./timeline.ts";

/** An operation, as it is called: what it gives is up to the specification. */
export type Call = Pick<Operation, "thread" | "name" | "args">;

/** One thing that a call may do. */
export interface Outcome<State> {
  readonly state: State;
  /** What the call gives, compared by content; `{ threw: code }` if it throws. */
  readonly result?: unknown;
}

/** An object as it would be without concurrency. */
export interface Specification<State> {
  readonly initial: State;
  /** What a call may do in a state; nothing if it has to wait there. The state is not to be changed. */
  step(state: State, call: Call): readonly Outcome<State>[];
  /** Equal for equal states, and for no others. Default: as JSON. */
  key?(state: State): string;
  /**
   * Tells states that the rest of a history rules out, so that they need not be followed until it does. Only to save
   * time: it may let any state pass, and must let each pass that can be explained.
   */
  foresee?(history: readonly Operation[]): (state: State) => boolean;
  /** Names the part that a call is about, if the object consists of independent parts. Each is checked alone. */
  partOf?(call: Call): string;
}

/** Whether a history can be explained, and how; or what in it cannot. */
export type Linearizability =
  | {
      readonly ok: true;
      /** One order that explains all results, part by part. Of what did not return, it holds what took effect. */
      readonly order: readonly Operation[];
    }
  | {
      readonly ok: false;
      /** The operation whose return nothing explains. All before it can be explained. */
      readonly operation: Operation;
      /** What it might have given, as far as was looked. */
      readonly possible: readonly unknown[];
      /** The operations under way meanwhile. With the states that were possible at its start they suffice to see it. */
      readonly window: readonly Operation[];
      /** All that in words. */
      readonly report: string;
    };

export interface LinearizableOptions {
  /** More ways than this in which things may have gone are too many. Default 2 million. */
  readonly maxWays?: number;
}

/**
 * Looks for an order of operations that explains a history.
 *
 * An operation takes effect at one moment between its call and its return; one that did not return, as its thread
 * was killed, at any moment after its call, or never.
 *
 * @throws `RangeError` when more than 30 operations are under way at once, or there are too many ways. `TypeError` when something is
 * not what it should be, or for options that are none.
 *
 * @remarks
 * Cost: mostly a few ways for each return. But where the order of many operations shows only much later, and the history
 * is wrong, it is exponential in their number.
 */
export function linearizable<State>(
  history: readonly Operation[],
  specification: Specification<State>,
  options: LinearizableOptions = {},
): Linearizability {
  if (!Array.isArray(history)) {
    throw new TypeError(
      `Cannot check a history: it is ${typeof history}, not an array; give what HistoryRecorder.history() gives`,
    );
  }
  if (typeof (specification as Specification<State> | undefined)?.step !== "function") {
    throw new TypeError(
      "Cannot check a history: the specification has no step(); give one such as specifications.lock()",
    );
  }
  const wrong = history.findIndex((operation) => !isOperation(operation));
  if (wrong !== -1) {
    throw new TypeError(
      `Cannot check a history: number ${wrong} of it is no operation, but ${inspect(history[wrong], { depth: 0 })}`,
    );
  }
  checkOptions(options, ["maxWays"], "check a history");
  checkWhole("check a history", "maxWays", options.maxWays, { least: 1, mayBeInfinite: true });
  const { maxWays = 2_000_000 } = options;
  const parts = Map.groupBy(history, (operation) => specification.partOf?.(operation) ?? "");
  const order: Operation[] = [];
  for (const operations of parts.values()) {
    const found = new Search(specification, operations, maxWays).find();
    if (found === undefined) return whyNot(operations, specification, maxWays);
    order.push(...found);
  }
  return { ok: true, order };
}

/** As {@link linearizable}, but throws an `Error` with the report if there is no such order. */
export function assertLinearizable<State>(
  history: readonly Operation[],
  specification: Specification<State>,
  options: LinearizableOptions = {},
): void {
  const found = linearizable(history, specification, options);
  if (!found.ok) throw new Error(found.report);
}

/** So many ways are looked at to say what might have been. */
const EXAMPLES = 200;

function whyNot<State>(
  operations: readonly Operation[],
  specification: Specification<State>,
  maxWays: number,
): Linearizability {
  const searchUpTo = (end: number): Search<State> =>
    new Search(specification, beginningOf(operations, end), maxWays);
  const returns = operations
    .filter((operation) => !isPending(operation))
    .toSorted((one, other) => one.end - other.end);
  // Whatever begins with what cannot be explained cannot be explained.
  let [good, bad] = [-1, returns.length - 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (searchUpTo(returns[middle]!.end).find() === undefined) bad = middle;
    else good = middle;
  }
  const operation = returns[bad]!;
  const possible = searchUpTo(operation.end).resultsOf(operation, EXAMPLES);
  const lastBefore = returns.findLast(({ end }) => end < operation.start)?.end ?? -Infinity;
  const states = searchUpTo(lastBefore).states(EXAMPLES);
  return failure(operation, possible, states, operations);
}

/** A history as it was at a moment: what returned later is still under way. */
function beginningOf(operations: readonly Operation[], end: number): Operation[] {
  return operations
    .filter(({ start }) => start <= end)
    .map((operation) =>
      operation.end <= end ? operation : { ...operation, end: Infinity, result: undefined },
    );
}

function failure(
  operation: Operation,
  possible: readonly unknown[],
  states: readonly string[],
  operations: readonly Operation[],
): Linearizability {
  const window = operations
    .filter(({ start, end }) => start <= operation.end && end >= operation.start)
    .toSorted((one, other) => one.start - other.start);
  const results = possible.filter((result) => !isThrown(result));
  const could =
    possible.length === 0
      ? "it could not have returned at all"
      : `it could have given ${(results.length > 0 ? results : possible).map(show).join(" or ")}`;
  const report = [
    `not linearizable: ${tell(operation)}, but ${could}`,
    `before it was called: ${states.slice(0, 5).join(" or ")}${states.length > 5 ? " …" : ""}`,
    timeline(window, operation),
  ].join("\n\n");
  return { ok: false, operation, possible, window, report };
}
