/**
 * A plain function as a tree of steps: what it does next, for each history of results it has seen.
 *
 * A function cannot be stopped in the middle and gone on with twice. But a thread that keeps its state to itself
 * does the same whenever it gets the same results, so it can be run again from the start, fed with the results
 * of its past steps, until it asks for a step that has no result yet: there it is thrown out.
 * What was learned is kept, so that each history is run once, however many schedules share it.
 *
 * @packageDocumentation
 */
import { Finding } from "./finding.ts";
import type { Spin } from "./spinning.ts";
import { isSame, type Step, type StepKind, type StepResult } from "./steps.ts";

/** How a thread's function ended by itself. */
export type Outcome = { readonly returned: unknown } | { readonly threw: unknown };

/** A thread's local state: everything it has seen so far, and hence what it does next. */
export interface ThreadNode {
  /** Different from every other node's, in all trees of a model. */
  readonly id: number;
  /** The step it asks for; undefined at an end. */
  readonly step: Step | undefined;
  readonly outcome: Outcome | undefined;
  readonly parent: ThreadNode | undefined;
  /** The result of the parent's step that led here. */
  readonly via: StepResult;
  readonly children: Map<StepResult, ThreadNode>;
  /** Where in the program it asks for its step, and whether it spins; once somebody asked. */
  place: number | undefined;
  spin: Spin | undefined;
}

/** Performs a step at once, or feeds a recorded result to a thread that is run again. */
export type Performer = (kind: StepKind, address: number, first: number, second: number) => StepResult;

/** Where the steps of a heap go: to its memory, or to whatever runs a thread. */
export interface Gate {
  perform: Performer;
  /** What the clocks of the running thread show: time passes for it only by waits that run out of time. */
  nowMs: number;
}

/** Thrown through a thread's function to end a run. Not an error: nobody is to see it. */
const THROWN_OUT = Symbol("thrown out");

let nextId = 1;

/** The tree of one thread. Where the function returns, a thread that goes on for ever is back at the root. */
export class ThreadTree {
  readonly #body: () => unknown;
  readonly #gate: Gate;
  readonly isEndless: boolean;
  readonly root: ThreadNode;
  /** The numbers of call stacks. */
  readonly #places = new Map<string, number>();

  constructor(body: () => unknown, gate: Gate, isEndless: boolean) {
    this.#body = body;
    this.#gate = gate;
    this.isEndless = isEndless;
    this.root = this.#extend(undefined, undefined);
    if (isEndless && this.root.outcome !== undefined) {
      throw new TypeError("Cannot model a thread that goes on for ever: its function takes no step");
    }
  }

  /** The local state after `node`, once its step has given `result`. */
  next(node: ThreadNode, result: StepResult): ThreadNode {
    let child = node.children.get(result);
    if (child === undefined) {
      child = this.#extend(node, result);
      if (this.isEndless && child.outcome !== undefined && "returned" in child.outcome) child = this.root;
      node.children.set(result, child);
    }
    return child;
  }

  /** The innermost function outside this package that asks for the step of `node`. */
  siteOf(node: ThreadNode): string {
    const place = this.placeOf(node);
    for (const [stack, number] of this.#places) if (number === place) return siteIn(stack);
    return "";
  }

  /** A number for all functions that are under way when the step of `node` is asked for: the place in the program. */
  placeOf(node: ThreadNode): number {
    if (node.place === undefined) this.#run(node.parent, node.via, () => (node.place = this.#thisPlace()));
    return node.place!;
  }

  #thisPlace(): number {
    const stack = callStack();
    const place = this.#places.get(stack) ?? this.#places.size;
    this.#places.set(stack, place);
    return place;
  }

  #extend(parent: ThreadNode | undefined, via: StepResult): ThreadNode {
    const { step, outcome } = this.#run(parent, via, undefined);
    return {
      id: nextId++,
      step,
      outcome,
      parent,
      via,
      children: new Map(),
      place: undefined,
      spin: undefined,
    };
  }

  /** Runs the function along the way to `last` and its `result`, and on to the next step. */
  #run(
    last: ThreadNode | undefined,
    result: StepResult,
    onNewStep: (() => void) | undefined,
  ): Pick<ThreadNode, "step" | "outcome"> {
    const steps: Step[] = [];
    const results: StepResult[] = [];
    for (let node = last, via = result; node !== undefined; via = node.via, node = node.parent) {
      steps.push(node.step!);
      results.push(via);
    }
    let past = steps.length;
    let step: Step | undefined;
    let deviation: Finding | undefined;

    const { perform: outer, nowMs } = this.#gate;
    this.#gate.nowMs = 0;
    this.#gate.perform = (kind, address, first, second) => {
      if (past > 0) {
        past--;
        if (isSame(steps[past]!, { kind, address, first, second })) {
          if (results[past] === "timed-out") this.#gate.nowMs += second;
          return results[past];
        }
        deviation ??= notRepeated(`asked for ${kind} where it had asked for ${steps[past]!.kind}`);
      }
      // A thread that catches what throws it out is thrown out again.
      if (deviation === undefined && step === undefined) {
        step = { kind, address, first, second };
        onNewStep?.();
      }
      throw THROWN_OUT;
    };
    const body = this.#body;
    let outcome: Outcome;
    try {
      outcome = { returned: bodyOfThread(body) };
    } catch (error) {
      outcome = { threw: error };
    } finally {
      this.#gate.perform = outer;
      this.#gate.nowMs = nowMs;
    }
    if (step === undefined && past > 0) deviation ??= notRepeated("ended where it had gone on");
    if (deviation !== undefined) throw deviation;
    if (step !== undefined) return { step, outcome: undefined };
    if ("returned" in outcome && outcome.returned instanceof Promise) {
      throw new TypeError("Cannot model an asynchronous thread: the function gave a promise");
    }
    return { step: undefined, outcome };
  }
}

function notRepeated(what: string): Finding {
  return new Finding(
    "not repeatable",
    `run again with the same results, the thread ${what}: it keeps state outside itself and the heap, ` +
      "or asks a clock or a random number",
  );
}

/** A frame by which the end of a thread's own stack is known. */
function bodyOfThread(body: () => unknown): unknown {
  return body();
}

/** More functions than this are not told apart. */
const STACK_DEPTH = 64;

/** The functions of a thread that are under way, without those that run the thread. */
function callStack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = STACK_DEPTH;
  const stack = new Error().stack!;
  Error.stackTraceLimit = limit;
  const end = stack.indexOf(" at bodyOfThread ");
  return end < 0 ? stack : stack.slice(0, end);
}

/** The innermost function outside this package in a stack. */
function siteIn(stack: string): string {
  const lines = stack.split("\n").slice(1);
  const line = lines.find((text) => !/[\\/]testing[\\/](src|dist)[\\/][\w-]+\.[jt]s:/.test(text)) ?? "";
  const parts = /at (?:(?:new |async )?([^ ]+) .*?)?\(?[^ (]*?([^\\/]+:\d+):\d+\)?$/.exec(line);
  return parts === null ? "" : [parts[2], parts[1]].filter(Boolean).join(" ");
}
