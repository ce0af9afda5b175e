/**
 * A model in the middle of a schedule: its memory, and where each thread stands.
 *
 * @packageDocumentation
 */
import { regionOf, regionWord } from "./blocks.ts";
import { type Clock, later } from "./clocks.ts";
import { type Effect, type EffectOptions, Effects } from "./effects.ts";
import { Finding } from "./finding.ts";
import { Knowledge } from "./knowledge.ts";
import { type Memory, type MemoryMark, mix } from "./memory.ts";
import type { Step, StepResult } from "./steps.ts";
import { type Spin, spinOf } from "./spinning.ts";
import { atRoot, movedTo, type ThreadState } from "./thread-state.ts";
import type { ThreadNode, ThreadTree } from "./thread-tree.ts";

/** What may happen next: a thread takes its step, is killed before it, or its wait runs out of time. */
export type MoveKind = "step" | "kill" | "timeout";

export interface Move {
  readonly thread: number;
  readonly kind: MoveKind;
}

/** A way back to an earlier moment of a schedule. */
export interface Mark {
  readonly memory: MemoryMark;
  readonly threads: readonly ThreadState[];
  readonly waiters: readonly number[];
  readonly kills: number;
  readonly arrived: number;
  readonly pathLength: number;
}

export interface WorldOptions extends EffectOptions {
  /** Threads that may be killed at any step, and how many of them in one schedule. */
  readonly mortal: readonly number[];
  readonly kills: number;
  /** A schedule with more steps than this is a livelock. */
  readonly maxSteps: number;
  /** So often may a thread pause in a row, without a change in what it looked at, before the others must be let on. */
  readonly patience: number;
  /** Whether the world is to expect anything from the first step on, and not to learn what matters. */
  readonly knowsAll: boolean;
}

const NO_MOVES: readonly Move[] = [];

export class World {
  readonly memory: Memory;
  readonly knowledge: Knowledge;
  readonly #effects: Effects;
  readonly #trees: readonly ThreadTree[];
  readonly #options: WorldOptions;
  /** The three moves of each thread. */
  readonly #moves: readonly Readonly<Record<MoveKind, Move>>[];
  #threads: readonly ThreadState[];
  /** Who waits, in the order of coming. */
  #waiters: readonly number[] = [];
  #kills: number;
  /** Bit t: the last move brought thread t to where it stands. */
  #arrived: number;
  readonly #path: Move[] = [];

  constructor(memory: Memory, trees: readonly ThreadTree[], options: WorldOptions) {
    this.memory = memory;
    this.#trees = trees;
    this.#options = options;
    this.#kills = options.kills;
    this.knowledge = new Knowledge(options.knowsAll);
    this.#effects = new Effects(memory, this.knowledge, options);
    this.#threads = trees.map((tree, thread) => atRoot(tree, thread, trees.length));
    this.#moves = trees.map((_, thread) => ({
      step: { thread, kind: "step" },
      kill: { thread, kind: "kill" },
      timeout: { thread, kind: "timeout" },
    }));
    this.#arrived = (1 << trees.length) - 1;
  }

  get path(): readonly Move[] {
    return this.#path;
  }

  isEnded(thread: number): boolean {
    const { phase } = this.#threads[thread]!;
    return phase === "ended" || phase === "killed";
  }

  /** What the threads' functions returned; undefined where one did not come to its end. */
  get results(): unknown[] {
    return this.#threads.map(({ node }) =>
      node.outcome !== undefined && "returned" in node.outcome ? node.outcome.returned : undefined,
    );
  }

  /** What a thread is about to do; undefined when it has ended by itself. */
  nextStep(thread: number): Step | undefined {
    return this.#threads[thread]!.node.step;
  }

  /** Where in the program that stands. */
  siteOf(thread: number): string {
    return this.#trees[thread]!.siteOf(this.#threads[thread]!.node);
  }

  /**
   * A step that no other thread can notice. It may be made at once, and counts as nobody's turn: it might as well
   * come later, right before the next step of its thread that others do notice.
   */
  localMove(): Move | undefined {
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const { phase, node } = this.#threads[thread]!;
      if (phase === "running" && this.#isLocal(node.step!, thread)) return this.#moves[thread]!.step;
    }
    return undefined;
  }

  /**
   * Steps and timeouts that may come next. `running` is the thread whose turn it is; -1 for none.
   *
   * A thread that spins goes on only if it is its turn, or nobody else can.
   */
  moves(running: number): readonly Move[] {
    const moves: Move[] = [];
    const tired: Move[] = [];
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const state = this.#threads[thread]!;
      const { step: move, timeout } = this.#moves[thread]!;
      if (state.phase === "waiting") {
        if (state.node.step!.second !== Infinity) moves.push(timeout);
      } else if (state.phase === "running") {
        const step = state.node.step!;
        if (step.kind === "join" && !this.isEnded(step.first)) continue;
        if (state.pauses > this.#options.patience) tired.push(move);
        else if (!this.spins(thread)) moves.push(move);
        else if (thread !== running) tired.push(move);
        else if (state.idlePauses === 2 && this.#hasJustPaused(state.node, thread)) moves.push(move);
        else return [move];
      }
    }
    return moves.length > 0 ? moves : tired;
  }

  #spinOf(thread: number): Spin {
    return spinOf(this.#threads[thread]!.node, this.#trees[thread]!);
  }

  /** Whether a thread has made no step since its pause that others could notice. */
  #hasJustPaused(node: ThreadNode, thread: number): boolean {
    let past = node.parent!;
    while (past.step!.kind !== "pause" && this.#isLocal(past.step!, thread)) past = past.parent!;
    return past.step!.kind === "pause";
  }

  /** Whether a thread turns in a loop, and nothing has changed of what it looks at. */
  spins(thread: number): boolean {
    const state = this.#threads[thread];
    return state?.phase === "running" && state.idlePauses > 1 && this.#spinOf(thread).idles;
  }

  /** Whether a thread has spun until its patience was over, and another can move: it might as well stand still. */
  isVain(thread: number): boolean {
    if (!this.spins(thread) || this.#threads[thread]!.pauses <= this.#options.patience) return false;
    return this.moves(-1).every((move) => move.thread !== thread);
  }

  /** A thread is killed where it has just come to: later would be the same, as nobody sees it stand there. */
  killMoves(): readonly Move[] {
    if (this.#kills === 0) return NO_MOVES;
    return this.#options.mortal
      .filter((thread) => (this.#arrived & (1 << thread)) !== 0 && !this.isEnded(thread))
      .map((thread) => this.#moves[thread]!.kill);
  }

  /** Whether a change from this thread to another would interrupt it. */
  isInterruptible(thread: number): boolean {
    const { node, phase } = this.#threads[thread]!;
    if (phase !== "running" || node.parent?.step?.kind === "pause") return false;
    if (this.spins(thread)) return false;
    const step = node.step!;
    return step.kind !== "join" || this.isEnded(step.first);
  }

  /** Why a move cannot be made now; undefined if it can. */
  whyNot({ thread, kind }: Move): string | undefined {
    const state = this.#threads[thread];
    if (state === undefined) return `there are ${this.#threads.length}`;
    if (this.isEnded(thread)) return "it has ended";
    if (kind === "kill") return undefined;
    const { step } = state.node;
    const isWaiting = state.phase === "waiting";
    if (kind === "timeout") {
      if (!isWaiting) return "it does not wait";
      return step!.second === Infinity ? "it waits without a limit" : undefined;
    }
    if (isWaiting) return "it waits";
    const isHeldUp = step!.kind === "join" && !this.isEnded(step!.first);
    return isHeldUp ? `it waits for the end of thread ${step!.first}` : undefined;
  }

  /** Makes a move. Gives the result of its step; undefined also when the thread fell asleep or died. */
  make(move: Move): StepResult {
    this.#path.push(move);
    if (this.#path.length > this.#options.maxSteps) {
      throw new Finding(
        "livelock",
        `no end after ${this.#options.maxSteps} steps; a thread that spins should call pause()`,
      );
    }
    if (move.kind === "kill") return this.#kill(move.thread);
    this.#arrived = 1 << move.thread;
    if (move.kind === "timeout") return this.#resume(move.thread, "timed-out", undefined);
    return this.#step(move.thread);
  }

  /** Half of a number that is equal for equal states, and for hardly any others. `salt` gives the other half. */
  key(running: number, salt: number): number {
    const { low, high } = this.memory;
    let key = mix(mix(salt === 0 ? low : high, this.#kills), running + salt);
    if (this.#kills > 0) key = mix(key, this.#arrived);
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const { node, seen, phase, pauses, idlePauses } = this.#threads[thread]!;
      key = mix(mix(mix(key, node.id), seen), 4 * (256 * pauses + idlePauses) + (phase === "killed" ? 1 : 0));
    }
    for (const waiter of this.#waiters) key = mix(key, waiter + 1);
    return key;
  }

  mark(): Mark {
    return {
      memory: this.memory.mark(),
      threads: this.#threads,
      waiters: this.#waiters,
      kills: this.#kills,
      arrived: this.#arrived,
      pathLength: this.#path.length,
    };
  }

  rewind(mark: Mark): void {
    this.memory.rewind(mark.memory);
    this.#threads = mark.threads;
    this.#waiters = mark.waiters;
    this.#kills = mark.kills;
    this.#arrived = mark.arrived;
    this.#path.length = mark.pathLength;
  }

  #isLocal(step: Step, thread: number): boolean {
    switch (step.kind) {
      case "pause":
      case "join":
        return false;
      case "blockSize":
        return true;
      case "allocate":
        return !this.knowledge.isContended(regionWord(thread));
      case "free":
        return !this.knowledge.isContended(regionWord(regionOf(step.address)));
      case "peek":
        return !this.#options.racy(step.address) || !this.knowledge.isContended(step.address);
      case "poke":
        if (this.knowledge.isWatched(step.address)) return false;
        return !this.#options.racy(step.address) || !this.knowledge.isContended(step.address);
      case "load":
        return !this.knowledge.isContended(step.address);
      default:
        return !this.knowledge.isContended(step.address) && !this.knowledge.isWatched(step.address);
    }
  }

  #step(thread: number): StepResult {
    const state = this.#threads[thread]!;
    const step = state.node.step!;
    switch (step.kind) {
      case "wait":
        return this.#wait(thread, state, step);
      case "notify":
        return this.#notify(thread, state, step);
      case "join":
        return this.#join(thread, state, step.first);
      case "pause":
        return this.#pause(thread, state);
      case "allocate":
        return this.#follow(thread, state, this.#effects.allocate(thread, state, step));
      case "free":
        return this.#follow(thread, state, this.#effects.free(thread, state, step));
      case "blockSize":
        return this.#follow(thread, state, this.#effects.measure(state, step));
      default:
        return this.#follow(thread, state, this.#effects.access(thread, state, step));
    }
  }

  #pause(thread: number, state: ThreadState): StepResult {
    const { loops, idles } = this.#spinOf(thread);
    const pauses = loops ? state.pauses + 1 : 1;
    const idlePauses = idles ? state.idlePauses + 1 : 1;
    return this.#arrive(thread, undefined, state.clock, state.seen, pauses, idlePauses);
  }

  #wait(thread: number, state: ThreadState, step: Step): StepResult {
    const { result, clock, seen } = this.#effects.access(thread, state, step);
    if (result !== (step.first | 0)) return this.#arrive(thread, "not-equal", clock, seen);
    this.#threads = this.#threads.with(thread, { ...state, clock, seen, phase: "waiting" });
    this.#waiters = [...this.#waiters, thread];
    return undefined;
  }

  #notify(thread: number, state: ThreadState, step: Step): StepResult {
    this.knowledge.touch(step.address, thread, true);
    const woken = this.#waiters
      .filter((waiter) => this.#threads[waiter]!.node.step!.address === step.address)
      .slice(0, step.first);
    const origin = this.#effects.learn(state.seen, state.node.id);
    for (const waiter of woken) this.#resume(waiter, "ok", { clock: state.clock, origin });
    return this.#arrive(thread, woken.length, this.#effects.released(state.clock, thread), state.seen);
  }

  #join(thread: number, state: ThreadState, other: number): StepResult {
    const { node, seen, clock, phase } = this.#threads[other]!;
    const result = phase === "killed" ? phase : "returned";
    const learned = this.#effects.learn(this.#effects.learn(state.seen, node.id), seen);
    return this.#arrive(thread, result, later(state.clock, clock), learned);
  }

  #resume(waiter: number, result: StepResult, by: { clock: Clock; origin: number } | undefined): StepResult {
    const { clock, seen } = this.#threads[waiter]!;
    this.#waiters = this.#waiters.filter((thread) => thread !== waiter);
    this.#arrived |= 1 << waiter;
    const learned = by === undefined ? seen : this.#effects.learn(seen, by.origin);
    return this.#arrive(waiter, result, later(clock, by?.clock), learned);
  }

  #kill(thread: number): undefined {
    this.#kills--;
    this.#arrived &= ~(1 << thread);
    this.#waiters = this.#waiters.filter((waiter) => waiter !== thread);
    this.#threads = this.#threads.with(thread, { ...this.#threads[thread]!, phase: "killed" });
  }

  /** Brings a thread to what it does after a step that may be part of a spin. */
  #follow(thread: number, { pauses, idlePauses }: ThreadState, effect: Effect): StepResult {
    const { result, clock, seen, changes } = effect;
    if (changes) this.#encourage(thread, this.#threads[thread]!.node.step!.address);
    return this.#arrive(thread, result, clock, seen, pauses, idlePauses);
  }

  /** Brings a thread to what it does after `result`. */
  #arrive(
    thread: number,
    result: StepResult,
    clock: Clock,
    seen: number,
    pauses: number = 0,
    idlePauses: number = 0,
  ): StepResult {
    const tree = this.#trees[thread]!;
    const node = tree.next(this.#threads[thread]!.node, result);
    const spins = pauses > 0 && spinOf(node, tree).loops;
    const threads = this.#threads.slice();
    // A new round knows nothing of the one before.
    const known = node === tree.root ? 0 : seen;
    threads[thread] = movedTo(node, clock, known, spins ? pauses : 0, spins ? idlePauses : 0);
    this.#threads = threads;
    return result;
  }

  /**
   * A word has changed: who looked at it before pausing may find something new. If it was changed by one that turns in
   * a loop, it may be that both only count their turns, and never end: then others must be let on.
   */
  #encourage(writer: number, address: number): void {
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const state = this.#threads[thread]!;
      if (thread === writer || state.pauses === 0) continue;
      if (!this.#spinOf(thread).watched.includes(address)) continue;
      const pauses = this.#spinOf(writer).loops ? state.pauses : 0;
      this.#threads = this.#threads.with(thread, { ...state, pauses, idlePauses: 0 });
    }
  }
}
