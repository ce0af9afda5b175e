/**
 * Runs an algorithm under every interleaving of its threads.
 *
 * The threads are plain functions on `Atomics` or a {@link ModelHeap}, and run unchanged, in one real thread. As all atomic
 * accesses are sequentially consistent, interleavings of steps are all there is, as long as plain accesses do
 * not race; where they do, that is reported.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { blockName, FIRST_BLOCK } from "./blocks.ts";
import { explore } from "./explore.ts";
import { failureOf, ModelFailure } from "./failure.ts";
import { Finding } from "./finding.ts";
import { useModelGlobals } from "./model-globals.ts";
import { checkOptions, checkWhole, type NumberRule } from "./options.ts";
import { ModelHeap, type ModelHeapOptions, type ModelHeapParts, modelHeapParts } from "./model-heap.ts";
import { runRandomly } from "./random-schedules.ts";
import { decodeSchedule } from "./schedule.ts";
import { ThreadTree } from "./thread-tree.ts";
import { type Mark, type Move, type MoveKind, World } from "./world.ts";

/**
 * A thread of a model: a plain synchronous function.
 *
 * It is run many times over, each time from the start. So it has to make its own state within itself, may share
 * nothing with other threads but what the program has prepared, and may ask for no random number. Its clocks
 * (`performance.now`, `Date.now`) begin at 0, and move on only by its waits that run out of time.
 */
export type ModelThread = (() => unknown) | EndlessThread;

/** What {@link forever} gives. */
export interface EndlessThread {
  readonly forever: () => void;
}

/**
 * A thread that does the same over and over, and may sleep at the end.
 *
 * A round may know of the rounds before it only what the heap tells. So states of different rounds can be the same
 * state, and a loop costs no more than its states, however often it may turn. (What happened before what is not
 * told apart for earlier rounds: a data race that depends on it may be missed.)
 */
export function forever(round: () => void): EndlessThread {
  return { forever: round };
}

/** The threads of a model, and what has to hold of it. */
export interface ModelPlan {
  readonly threads: readonly ModelThread[];
  /** Throws if what may be seen between any two steps is wrong. It may look at the heap, and change nothing. */
  readonly invariant?: () => void;
  /**
   * Throws if the end is wrong. `results` holds what each thread returned; undefined for those that were
   * killed, or sleep. It may use the heap as it likes.
   */
  readonly atEnd?: (results: readonly unknown[]) => void;
}

/** Prepares the shared memory, and gives the threads. */
export type ModelProgram = (heap: ModelHeap) => readonly ModelThread[] | ModelPlan;

/** Which schedules are looked at, and what may happen in them. */
export interface CheckOptions extends ModelHeapOptions {
  /** How often in one schedule a thread that could go on may be interrupted. Default: any number. */
  readonly preemptions?: number;
  /** Threads that may be killed at any step, and how many of them in one schedule (default 1). */
  readonly mortal?: readonly number[];
  readonly kills?: number;
  /** Threads that may be waiting when nothing is left to be done. */
  readonly sleepers?: readonly number[];
  /** Whether plain accesses to a word may race. The algorithm ought to say why they may. */
  readonly racy?: (address: number) => boolean;
  /** So many random schedules instead of all. */
  readonly random?: number;
  /**
   * How often a thread may call `pause` in a row, with nothing changed of what it looks at, before the others must be
   * let on. A spin that gives up after more turns is seen to do so only when all others wait. Default 3.
   */
  readonly patience?: number;
  /** For random schedules. Default 1: every run is the same. */
  readonly seed?: number;
  /** For random schedules: how many orderings a bug may need. Default 3. */
  readonly depth?: number;
  /** A schedule with more steps is a livelock. Default 2,000. */
  readonly maxSteps?: number;
  /** More states than this are too many. Default 2 million. */
  readonly maxStates?: number;
  /** Only this schedule, as a failure gave it. */
  readonly replay?: string;
}

/** How much was looked at, when nothing was found. */
export interface CheckResult {
  /** How many ends were reached. Schedules that lead through one state are followed once from there on. */
  readonly schedules: number;
  /** How many states threads were interrupted in; 0 for random schedules. */
  readonly states: number;
  /** Whether no schedule was left out. */
  readonly complete: boolean;
}

const MAX_THREADS = 15;

const MOVES: Record<MoveKind, string> = { step: "go on", kill: "be killed", timeout: "run out of time" };

const PLAN: readonly string[] = ["threads", "invariant", "atEnd"] satisfies (keyof ModelPlan)[];

const KNOWN: readonly (keyof CheckOptions)[] = [
  "preemptions",
  "mortal",
  "kills",
  "sleepers",
  "racy",
  "random",
  "seed",
  "depth",
  "patience",
  "maxSteps",
  "maxStates",
  "replay",
  "pageCount",
  "pageLimit",
  "reuse",
];

/**
 * Looks for a schedule in which a model goes wrong.
 *
 * @param program - Prepares what is shared, and gives the threads. Called once.
 * @throws `ModelFailure` with the first such schedule: a thread or a check threw, a deadlock, a lost wake-up, a
 *   data race, or no end. `TypeError` for what is no program, and for options that are none; `RangeError` for a schedule that it
 *   cannot follow.
 *
 * @remarks
 * Cost: one run of a thread for each history of results it can see, and some microseconds for each state.
 * Of a million states, two are taken for one with a probability below 10⁻⁷. While it runs, `Atomics`,
 * `SharedArrayBuffer`, `Int32Array` and `Uint32Array` are those of the model.
 *
 * @example
 * A counter whose planted bug is that it loads and stores in two steps.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { check } from "@heddle/testing";
 *
 * check(() => {
 *   const words = new Int32Array(new SharedArrayBuffer(4));
 *   const increment = () => Atomics.store(words, 0, Atomics.load(words, 0) + 1);
 *   return { threads: [increment, increment], atEnd: () => assert.equal(Atomics.load(words, 0), 2) };
 * }); // throws ERR_HEDDLE_MODEL_FAILURE
 * ```
 */
export function check(program: ModelProgram, options: CheckOptions = {}): CheckResult {
  if (typeof program !== "function") {
    throw new TypeError(
      `Cannot check: the program must be a function, and is ${inspect(program, { depth: 0 })}`,
    );
  }
  checkOptions(options, KNOWN, "check");
  checkValues(options);
  const parts = modelHeapParts(options.reuse ?? true);
  const restore = useModelGlobals(parts);
  try {
    return checkWith(parts, program, options);
  } finally {
    restore();
  }
}

function checkWith(parts: ModelHeapParts, program: ModelProgram, options: CheckOptions): CheckResult {
  const { reuse = true, patience = 3 } = options;
  const heap = new ModelHeap(options, parts);
  const given = program(heap);
  const plan = planOf(given);
  const { memory, gate, names, buffers } = parts;
  const { mortal = [], maxSteps = 2000, racy = () => false } = options;
  const { kills = mortal.length > 0 ? 1 : 0, sleepers = [] } = options;
  for (const [name, threads] of Object.entries({ mortal, sleepers })) {
    const missing = threads.find((thread) => plan.threads[thread] === undefined);
    if (missing === undefined) continue;
    throw new RangeError(
      `Cannot check: ${name} names thread ${missing}, and there are ${plan.threads.length}`,
    );
  }

  const trees = plan.threads.map((thread) =>
    typeof thread === "function"
      ? new ThreadTree(thread, gate, false)
      : new ThreadTree(thread.forever, gate, true),
  );
  if (trees.length > MAX_THREADS) {
    throw new RangeError(`Cannot check ${trees.length} threads: at most ${MAX_THREADS} can be`);
  }
  const world = beginning(
    () =>
      new World(memory, trees, {
        mortal,
        kills,
        racy,
        maxSteps,
        patience,
        reuse,
        /** What is not explored cannot start again with more knowledge. */
        knowsAll: options.replay !== undefined || options.random !== undefined,
      }),
  );
  const start = world.mark();

  const onState = (): void => {
    if (plan.invariant === undefined) return;
    const { perform } = gate;
    gate.perform = (kind, address, first, second) => {
      world.knowledge.watch(address);
      return perform(kind, address, first, second);
    };
    try {
      observe("invariant", plan.invariant);
    } finally {
      gate.perform = perform;
    }
  };
  const onEnd = (): void => {
    const maySleep = (thread: number): boolean => sleepers.includes(thread) || trees[thread]!.isEndless;
    const stuck = trees
      .map((_, thread) => thread)
      .filter((thread) => !world.isEnded(thread) && !maySleep(thread));
    if (stuck.length > 0) throw whyStuck(world, stuck, nameOf);
    const mark: Mark = world.mark();
    observe("assertion", () => plan.atEnd?.(world.results));
    world.rewind(mark);
  };
  const nameOf = (address: number): string =>
    names.get(address) ?? (address >= FIRST_BLOCK ? blockName(address, buffers) : `[${address}]`);

  try {
    if (options.replay !== undefined) {
      for (const move of decodeSchedule(options.replay)) {
        checkMove(world, move);
        world.make(move);
        onState();
      }
      if (world.moves(-1).length === 0) onEnd();
      return { schedules: 1, states: 0, complete: false };
    }
    if (options.random !== undefined) {
      const { seed = 1, depth = 3 } = options;
      const schedules = runRandomly(world, trees.length, {
        schedules: options.random,
        seed,
        depth,
        onState,
        onEnd,
      });
      return { schedules, states: 0, complete: false };
    }
    const { preemptions = Infinity, maxStates = 2_000_000 } = options;
    return explore(world, { preemptions, maxStates, onState, onEnd });
  } catch (error) {
    throw error instanceof Finding ? failureOf(error, world, start, nameOf) : error;
  }
}

const NUMBERS: Partial<Record<keyof CheckOptions, NumberRule>> = {
  preemptions: { mayBeInfinite: true },
  kills: {},
  random: { least: 1 },
  patience: {},
  seed: { least: Number.MIN_SAFE_INTEGER },
  depth: { least: 1 },
  maxSteps: { least: 1, mayBeInfinite: true },
  maxStates: { least: 1, mayBeInfinite: true },
  pageCount: {},
  pageLimit: {},
};

function checkValues(options: CheckOptions): void {
  for (const [name, rule] of Object.entries(NUMBERS))
    checkWhole("check", name, options[name as keyof CheckOptions], rule);
  const { mortal = [], sleepers = [], racy, reuse, replay } = options;
  for (const [name, value, isRight, words] of [
    ["mortal", mortal, Array.isArray(mortal), "an array of numbers of threads"],
    ["sleepers", sleepers, Array.isArray(sleepers), "an array of numbers of threads"],
    ["racy", racy, racy === undefined || typeof racy === "function", "a function of an address"],
    ["reuse", reuse, reuse === undefined || typeof reuse === "boolean", "true or false"],
    ["replay", replay, replay === undefined || typeof replay === "string", "the schedule of a failure"],
  ] as const) {
    if (!isRight)
      throw new TypeError(`Cannot check: ${name} must be ${words}, and is ${inspect(value, { depth: 0 })}`);
  }
}

function planOf(given: readonly ModelThread[] | ModelPlan): ModelPlan {
  const plan = (Array.isArray(given) ? { threads: given } : given) as Partial<ModelPlan> | null | undefined;
  if (!Array.isArray(plan?.threads)) {
    throw new TypeError(
      `Cannot check: the program must give threads, or an object with them, and gave ${inspect(given, { depth: 0 })}`,
    );
  }
  const unknown = plan === given ? Object.keys(plan).find((key) => !PLAN.includes(key)) : undefined;
  if (unknown !== undefined) {
    throw new TypeError(`Cannot check: the program has no ${unknown}; it may have ${PLAN.join(", ")}`);
  }
  const { threads, invariant, atEnd } = plan as ModelPlan;
  for (const [index, thread] of threads.entries()) {
    const body: unknown =
      typeof thread === "function" ? thread : (thread as Partial<EndlessThread> | undefined)?.forever;
    if (typeof body !== "function") {
      throw new TypeError(
        `Cannot check: thread ${index} must be a function, or what forever() gives, and is ${inspect(thread, { depth: 0 })}`,
      );
    }
  }
  for (const [name, look] of Object.entries({ invariant, atEnd })) {
    if (look === undefined || typeof look === "function") continue;
    throw new TypeError(`Cannot check: ${name} must be a function, and is ${inspect(look, { depth: 0 })}`);
  }
  return plan as ModelPlan;
}

function beginning(makeWorld: () => World): World {
  try {
    return makeWorld();
  } catch (error) {
    throw error instanceof Finding ? new ModelFailure(error, "", "(before the first step)") : error;
  }
}

function observe(kind: "assertion" | "invariant", look: () => void): void {
  try {
    look();
  } catch (error) {
    throw new Finding(kind, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Throws if the next move of a schedule cannot be made: it is that of another program. */
function checkMove(world: World, move: Move): void {
  const why = world.whyNot(move);
  if (why === undefined) return;
  const found =
    world.moves(-1).length === 0
      ? "nobody can go on"
      : `thread ${move.thread} cannot ${MOVES[move.kind]}: ${why}`;
  throw new RangeError(`Cannot replay the schedule: at step ${world.path.length + 1} ${found}`);
}

/** Why none of these threads can go on. */
function whyStuck(world: World, threads: readonly number[], nameOf: (address: number) => string): Finding {
  const reasons: string[] = [];
  for (const thread of threads) {
    const { kind, address, first } = world.nextStep(thread)!;
    if (kind === "join") {
      reasons.push(`thread ${thread} waits for the end of thread ${first}`);
      continue;
    }
    reasons.push(`thread ${thread} sleeps on ${nameOf(address)}`);
    const now = world.memory.at(address).value;
    if (now === (first | 0)) continue;
    return new Finding(
      "lost wake-up",
      `thread ${thread} sleeps on ${nameOf(address)} while it is ${first}, but it is ${now}, ` +
        "and nobody is left to notify",
    );
  }
  return new Finding("deadlock", `nobody can go on: ${reasons.join(", ")}`);
}
