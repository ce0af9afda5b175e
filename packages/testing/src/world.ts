/**
 * A model in the middle of a schedule: its memory, and where each thread stands.
 *
 * @packageDocumentation
 */
import { Finding } from "./finding.ts";
import {
  type Access,
  type Clock,
  later,
  type Memory,
  type MemoryMark,
  mix,
  racesWith,
  touched,
  type Word,
} from "./memory.ts";
import { given, isPlain, type Step, type StepResult, written } from "./steps.ts";
import type { ThreadNode, ThreadTree } from "./thread-tree.ts";

/** What may happen next: a thread takes its step, is killed before it, or its wait runs out of time. */
export type MoveKind = "step" | "kill" | "timeout";

export interface Move {
  readonly thread: number;
  readonly kind: MoveKind;
}

/** Where a thread stands. Never changed, only replaced. */
interface ThreadState {
  readonly node: ThreadNode;
  readonly clock: Clock;
  /** Which writes it has read from, as a hash: with the node it tells all that the thread knows. */
  readonly seen: number;
  readonly phase: "running" | "waiting" | "ended" | "killed";
  /** How often in a row it has paused while nobody else wrote anything. */
  readonly pauses: number;
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

export interface WorldOptions {
  /** Threads that may be killed at any step, and how many of them in one schedule. */
  readonly mortal: readonly number[];
  readonly kills: number;
  /** Whether a plain access to this word may race: it then counts as a step that others may come between. */
  readonly racy: (address: number) => boolean;
  /** A schedule with more steps than this is a livelock. */
  readonly maxSteps: number;
}

/** So often may a thread pause in a row before the others must be let on. */
const PATIENCE = 3;

/** The word that holds how many pages there are: not a word of the heap itself. */
export const PAGE_COUNT = -4;

export class World {
  readonly memory: Memory;
  readonly #trees: readonly ThreadTree[];
  readonly #options: WorldOptions;
  #threads: readonly ThreadState[];
  /** Who waits, in the order of coming. */
  #waiters: readonly number[] = [];
  #kills: number;
  /** Bit t: the last move brought thread t to where it stands. */
  #arrived: number;
  readonly #path: Move[] = [];

  /** Which threads ever touched a word atomically: readers in the low half, writers in the high one. */
  readonly #touchers = new Map<number, number>();
  /** Words that two threads touch, one of them writing: the only ones where an order of steps matters. */
  readonly #contended = new Set<number>();
  /** Whether there are plain accesses: only then it matters who wrote what somebody has read. */
  #hasPlain = false;

  constructor(memory: Memory, trees: readonly ThreadTree[], options: WorldOptions) {
    this.memory = memory;
    this.#trees = trees;
    this.#options = options;
    this.#kills = options.kills;
    const nothing: Clock = trees.map(() => 0);
    this.#threads = trees.map((tree) => arrive(tree.root, nothing, 0));
    this.#arrived = (1 << trees.length) - 1;
  }

  /** How much is known of what matters. It only grows; what was explored with less is worth nothing. */
  get knowledge(): number {
    return this.#contended.size + Number(this.#hasPlain);
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
    for (const [thread, { phase, node }] of this.#threads.entries()) {
      if (phase === "running" && this.#isLocal(node.step!)) return { thread, kind: "step" };
    }
    return undefined;
  }

  /** Steps and timeouts that may come next. */
  moves(): Move[] {
    const moves: Move[] = [];
    const tired: Move[] = [];
    for (const [thread, state] of this.#threads.entries()) {
      if (state.phase === "waiting") {
        if (state.node.step!.second !== Infinity) moves.push({ thread, kind: "timeout" });
      } else if (state.phase === "running") {
        const step = state.node.step!;
        if (step.kind === "join" && !this.isEnded(step.first)) continue;
        (state.pauses > PATIENCE ? tired : moves).push({ thread, kind: "step" });
      }
    }
    return moves.length > 0 ? moves : tired;
  }

  /** A thread is killed where it has just come to: later would be the same, as nobody sees it stand there. */
  killMoves(): Move[] {
    if (this.#kills === 0) return [];
    return this.#options.mortal
      .filter((thread) => (this.#arrived & (1 << thread)) !== 0 && !this.isEnded(thread))
      .map((thread) => ({ thread, kind: "kill" }));
  }

  /** Whether a change from this thread to another would interrupt it. */
  isInterruptible(thread: number): boolean {
    const { node, phase } = this.#threads[thread]!;
    if (phase !== "running" || node.parent?.step?.kind === "pause") return false;
    const step = node.step!;
    return step.kind !== "join" || this.isEnded(step.first);
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

  /** A number that is equal for equal states, and for hardly any others. */
  key(running: number): number {
    const [memoryLow, memoryHigh] = this.memory.hash;
    let low = mix(memoryLow, this.#kills);
    let high = mix(memoryHigh, running);
    if (this.#kills > 0) low = mix(low, this.#arrived);
    for (const { node, seen, phase, pauses } of this.#threads) {
      low = mix(mix(low, node.id), pauses + (phase === "killed" ? 64 : 0));
      high = mix(mix(high, seen), node.id);
    }
    for (const waiter of this.#waiters) low = mix(low, waiter + 1);
    return (low >>> 0) * 0x200000 + (mix(high, low) >>> 11);
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

  #isLocal(step: Step): boolean {
    if (step.kind === "pause" || step.kind === "join") return false;
    if (isPlain(step.kind) && !this.#options.racy(step.address)) return true;
    return !this.#contended.has(step.address);
  }

  #step(thread: number): StepResult {
    const state = this.#threads[thread]!;
    const step = state.node.step!;
    if (step.kind === "wait") return this.#wait(thread, state, step);
    if (step.kind === "notify") return this.#notify(thread, state, step);
    if (step.kind === "join") return this.#join(thread, state, step.first);
    if (step.kind !== "pause") return this.#access(thread, state, step);
    return this.#arrive(thread, undefined, state.clock, state.seen, state.pauses + 1);
  }

  /** A read or write of a word, atomic or plain. */
  #access(thread: number, state: ThreadState, step: Step): StepResult {
    const word = this.#word(step.address);
    const value = written(step, word.value);
    const plain = isPlain(step.kind);
    const racy = plain && this.#options.racy(step.address);
    if (plain && !racy) this.#hasPlain = true;
    let clock = tick(state.clock, thread);
    let seen = state.seen;
    const reads = step.kind !== "store" && step.kind !== "poke";
    if (reads && !plain) {
      clock = later(clock, word.released);
      seen = this.#learn(seen, word.origin);
    }
    const access = { thread, plain, reads, writes: value !== undefined };
    if (!plain || racy) this.#touch(step.address, thread, access.writes);
    const times = racy ? word.times : this.#order(step, word, access, clock);
    if (value === undefined) {
      this.memory.put(step.address, { ...word, times });
    } else {
      const origin = this.#learn(state.seen, state.node.id);
      this.memory.put(step.address, { value, origin, released: plain ? undefined : clock, times });
      this.#encourage(thread);
    }
    return this.#arrive(thread, given(step, word.value), clock, seen, state.pauses);
  }

  #wait(thread: number, state: ThreadState, step: Step): StepResult {
    const word = this.#word(step.address);
    this.#touch(step.address, thread, false);
    const clock = later(tick(state.clock, thread), word.released);
    const seen = this.#learn(state.seen, word.origin);
    const times = this.#order(step, word, { thread, plain: false, reads: true, writes: false }, clock);
    this.memory.put(step.address, { ...word, times });
    if (word.value !== (step.first | 0)) return this.#arrive(thread, "not-equal", clock, seen, 0);
    this.#threads = this.#threads.with(thread, { ...state, clock, seen, phase: "waiting" });
    this.#waiters = [...this.#waiters, thread];
    return undefined;
  }

  #notify(thread: number, state: ThreadState, step: Step): StepResult {
    this.#touch(step.address, thread, true);
    const clock = tick(state.clock, thread);
    const woken = this.#waiters
      .filter((waiter) => this.#threads[waiter]!.node.step!.address === step.address)
      .slice(0, step.first);
    for (const waiter of woken)
      this.#resume(waiter, "ok", { clock, origin: this.#learn(state.seen, state.node.id) });
    return this.#arrive(thread, woken.length, clock, state.seen, 0);
  }

  #join(thread: number, state: ThreadState, other: number): StepResult {
    const { node, seen, clock, phase } = this.#threads[other]!;
    const result = phase === "killed" ? phase : "returned";
    return this.#arrive(
      thread,
      result,
      later(tick(state.clock, thread), clock),
      this.#learn(this.#learn(state.seen, node.id), seen),
      0,
    );
  }

  #resume(waiter: number, result: StepResult, by: { clock: Clock; origin: number } | undefined): StepResult {
    const { clock, seen } = this.#threads[waiter]!;
    this.#waiters = this.#waiters.filter((thread) => thread !== waiter);
    this.#arrived |= 1 << waiter;
    return this.#arrive(
      waiter,
      result,
      later(clock, by?.clock),
      by === undefined ? seen : this.#learn(seen, by.origin),
      0,
    );
  }

  #kill(thread: number): undefined {
    this.#kills--;
    this.#arrived &= ~(1 << thread);
    this.#waiters = this.#waiters.filter((waiter) => waiter !== thread);
    this.#threads = this.#threads.with(thread, { ...this.#threads[thread]!, phase: "killed" });
  }

  /** Brings a thread to what it does after `result`. */
  #arrive(thread: number, result: StepResult, clock: Clock, seen: number, pauses: number): StepResult {
    const tree = this.#trees[thread]!;
    const node = tree.next(this.#threads[thread]!.node, result);
    // A new round knows nothing of the one before.
    this.#threads = this.#threads.with(thread, arrive(node, clock, node === tree.root ? 0 : seen, pauses));
    return result;
  }

  /** Somebody wrote: who paused until now may find something new. */
  #encourage(writer: number): void {
    for (const [thread, state] of this.#threads.entries()) {
      if (thread !== writer && state.pauses > 0) {
        this.#threads = this.#threads.with(thread, { ...state, pauses: 0 });
      }
    }
  }

  #learn(seen: number, origin: number): number {
    return this.#hasPlain ? mix(seen, origin) : 0;
  }

  #word(address: number): Word {
    if (address !== PAGE_COUNT) {
      const pages = this.memory.at(PAGE_COUNT).value;
      if (address % 4 !== 0 || address >= pages * 65536) {
        throw new Finding("stray access", `there is no word at ${address}: the heap has ${pages} pages`);
      }
    }
    return this.memory.at(address);
  }

  #touch(address: number, thread: number, writes: boolean): void {
    const before = this.#touchers.get(address) ?? 0;
    const now = before | (1 << thread) | (writes ? 0x10000 << thread : 0);
    if (now === before) return;
    this.#touchers.set(address, now);
    const threads = now & 0xffff;
    if (now >>> 16 !== 0 && (threads & (threads - 1)) !== 0) this.#contended.add(address);
  }

  /** The times of a word after an access that races with none before. */
  #order(step: Step, word: Word, access: Access, clock: Clock): readonly number[] {
    const other = racesWith(word, access, clock);
    if (other < 0) return touched(word, access, clock);
    throw new Finding(
      "data race",
      `the ${step.kind} by thread ${access.thread} and an access by thread ${other} to the same word, ` +
        `${step.address}, can happen at the same time, and one of the two is plain`,
    );
  }
}

function arrive(node: ThreadNode, clock: Clock, seen: number, pauses: number = 0): ThreadState {
  if (node.outcome !== undefined && "threw" in node.outcome) {
    const { threw } = node.outcome;
    throw new Finding("assertion", threw instanceof Error ? threw.message : String(threw), { cause: threw });
  }
  return { node, clock, seen, phase: node.step === undefined ? "ended" : "running", pauses };
}

function tick(clock: Clock, thread: number): Clock {
  return clock.with(thread, clock[thread]! + 1);
}
