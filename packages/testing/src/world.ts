/**
 * A model in the middle of a schedule: its memory, and where each thread stands.
 *
 * @packageDocumentation
 */
import {
  assertInBlock,
  assertIsBlock,
  blockAt,
  FIRST_BLOCK,
  freeSlot,
  headerFor,
  headerOf,
  isZeroed,
  regionOf,
  regionWord,
  sizeIn,
} from "./blocks.ts";
import { type Access, type Clock, later, racesWith, tick, type Times, touched, UNTOUCHED } from "./clocks.ts";
import { Finding } from "./finding.ts";
import { Knowledge } from "./knowledge.ts";
import { type Memory, type MemoryMark, mix, type Word, ZERO } from "./memory.ts";
import { given, isPlain, type Step, type StepResult, written } from "./steps.ts";
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

export interface WorldOptions {
  /** Threads that may be killed at any step, and how many of them in one schedule. */
  readonly mortal: readonly number[];
  readonly kills: number;
  /** Whether a plain access to this word may race: it then counts as a step that others may come between. */
  readonly racy: (address: number) => boolean;
  /** A schedule with more steps than this is a livelock. */
  readonly maxSteps: number;
  /** So often may a thread pause in a row, without a change in what it looked at, before the others must be let on. */
  readonly patience: number;
  /** Whether blocks that were given back are taken again. */
  readonly reuse: boolean;
  /** Whether the world is to expect anything from the first step on, and not to learn what matters. */
  readonly knowsAll: boolean;
}

/** The word that holds how many pages there are, and the one of serial numbers: no words of the heap itself. */
export const PAGE_COUNT = -4;
export const SERIAL = -8;

const NO_MOVES: readonly Move[] = [];

export class World {
  readonly memory: Memory;
  readonly knowledge: Knowledge;
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
        if (this.#isTired(state)) tired.push(move);
        else if (!this.spins(thread)) moves.push(move);
        else if (thread !== running) tired.push(move);
        else if (state.idlePauses === 1 && this.#hasJustPaused(state.node, thread)) moves.push(move);
        else return [move];
      }
    }
    return moves.length > 0 ? moves : tired;
  }

  /** A loop that changes things every time is given up later: it may be several loops. */
  #isTired({ pauses, idlePauses }: ThreadState): boolean {
    return idlePauses > this.#options.patience || pauses > 4 * this.#options.patience;
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
    return state?.phase === "running" && state.pauses > 1 && this.#spinOf(thread).idles;
  }

  /** Whether a thread has spun until its patience was over, and another can move: it might as well stand still. */
  isVain(thread: number): boolean {
    if (!this.spins(thread) || !this.#isTired(this.#threads[thread]!)) return false;
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
      case "poke":
        return !this.#options.racy(step.address) || !this.knowledge.isContended(step.address);
      default:
        return !this.knowledge.isContended(step.address);
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
        return this.#allocate(thread, state, step);
      case "free":
        return this.#free(thread, state, step);
      case "blockSize":
        assertIsBlock(this.memory, step.address, "measure");
        return this.#move(thread, sizeIn(this.memory.at(headerOf(step.address)).value), state);
      default:
        return this.#access(thread, state, step);
    }
  }

  #pause(thread: number, state: ThreadState): StepResult {
    const idlePauses = this.#spinOf(thread).idles ? state.idlePauses : 0;
    return this.#move(thread, undefined, { ...state, pauses: state.pauses + 1, idlePauses: idlePauses + 1 });
  }

  /** A read or write of a word, atomic or plain. */
  #access(thread: number, state: ThreadState, step: Step): StepResult {
    const { address } = step;
    const { racy } = this.#options;
    const reads = step.kind !== "store" && step.kind !== "poke";
    const word = this.#word(address, reads, step);
    const value = written(step, word.value);
    const writes = value !== undefined;
    const plain = isPlain(step.kind);
    const ordered = plain && !racy(address);
    if (ordered) this.knowledge.accessPlainly(address);
    else this.knowledge.touch(address, thread, writes);

    let { clock, seen } = state;
    if (reads && !plain) {
      clock = later(clock, word.released);
      seen = this.#learn(seen, word.origin);
    }
    const times =
      plain && !ordered ? word.times : this.#order(step, word, { thread, plain, reads, writes }, clock);
    if (!writes) {
      if (times !== word.times) this.memory.put(address, { ...word, times });
    } else {
      const origin = this.#learn(state.seen, state.node.id);
      const released = plain || !this.knowledge.hasPlain ? undefined : clock;
      this.memory.put(address, { value, origin, released, times });
      if (released !== undefined) clock = tick(clock, thread);
      if (value !== word.value) this.#encourage(thread, address);
    }
    return this.#move(thread, given(step, word.value), state, clock, seen);
  }

  #wait(thread: number, state: ThreadState, step: Step): StepResult {
    const word = this.#word(step.address, true, step);
    this.knowledge.touch(step.address, thread, false);
    const clock = later(state.clock, word.released);
    const seen = this.#learn(state.seen, word.origin);
    const times = this.#order(step, word, { thread, plain: false, reads: true, writes: false }, clock);
    if (times !== word.times) this.memory.put(step.address, { ...word, times });
    if (word.value !== (step.first | 0)) return this.#arrive(thread, "not-equal", clock, seen);
    this.#threads = this.#threads.with(thread, { ...state, clock, seen, phase: "waiting" });
    this.#waiters = [...this.#waiters, thread];
    return undefined;
  }

  #notify(thread: number, state: ThreadState, step: Step): StepResult {
    this.knowledge.touch(step.address, thread, true);
    const woken = this.#waiters
      .filter((waiter) => this.#threads[waiter]!.node.step!.address === step.address)
      .slice(0, step.first);
    const origin = this.#learn(state.seen, state.node.id);
    for (const waiter of woken) this.#resume(waiter, "ok", { clock: state.clock, origin });
    return this.#arrive(thread, woken.length, this.#released(state.clock, thread), state.seen);
  }

  #join(thread: number, state: ThreadState, other: number): StepResult {
    const { node, seen, clock, phase } = this.#threads[other]!;
    const result = phase === "killed" ? phase : "returned";
    const learned = this.#learn(this.#learn(state.seen, node.id), seen);
    return this.#arrive(thread, result, later(state.clock, clock), learned);
  }

  /** Takes a block. Its words begin as if the thread had written all of them plainly. */
  #allocate(thread: number, state: ThreadState, step: Step): StepResult {
    this.#touchRegion(thread, thread);
    const slot = freeSlot(this.memory, thread, step.first, this.#options.reuse);
    const before = this.memory.at(slot);
    // As an allocator hands them on, what was done to a block before it was given back happened before.
    const clock = later(state.clock, before.released);
    const seen = this.#learn(state.seen, before.origin);
    const access = { thread, plain: true, reads: false, writes: true };
    this.memory.put(slot, {
      value: headerFor(step.first, step.second === 1),
      origin: this.#learn(seen, state.node.id),
      released: undefined,
      times: touched(UNTOUCHED, access, clock),
    });
    return this.#move(thread, blockAt(slot), state, clock, seen);
  }

  /** Gives a block back: that counts as a plain write to all its words. */
  #free(thread: number, state: ThreadState, step: Step): StepResult {
    assertIsBlock(this.memory, step.address, "free");
    this.#touchRegion(regionOf(step.address), thread);
    const slot = headerOf(step.address);
    const header = this.memory.at(slot);
    const size = sizeIn(header.value);
    const access = { thread, plain: true, reads: false, writes: true };
    for (let address = step.address; address < step.address + size; address += 4) {
      if (this.#options.racy(address)) continue;
      this.knowledge.accessPlainly(address);
      const other = racesWith((this.memory.get(address) ?? header).times, access, state.clock);
      if (other >= 0) {
        throw new Finding(
          "use after free",
          `thread ${thread} gives back a block while thread ${other} may still access its word at ${address - step.address}`,
        );
      }
    }
    for (let address = step.address; address < step.address + size; address += 4) this.memory.remove(address);
    const origin = this.#learn(state.seen, state.node.id);
    this.memory.put(slot, { value: -size, origin, released: state.clock, times: UNTOUCHED });
    return this.#move(thread, undefined, state, tick(state.clock, thread));
  }

  /** Which block a thread gets depends on what was given back before, if that is taken again at all. */
  #touchRegion(region: number, thread: number): void {
    this.knowledge.usePlain();
    if (this.#options.reuse) this.knowledge.touch(regionWord(region), thread, true);
  }

  #resume(waiter: number, result: StepResult, by: { clock: Clock; origin: number } | undefined): StepResult {
    const { clock, seen } = this.#threads[waiter]!;
    this.#waiters = this.#waiters.filter((thread) => thread !== waiter);
    this.#arrived |= 1 << waiter;
    const learned = by === undefined ? seen : this.#learn(seen, by.origin);
    return this.#arrive(waiter, result, later(clock, by?.clock), learned);
  }

  #kill(thread: number): undefined {
    this.#kills--;
    this.#arrived &= ~(1 << thread);
    this.#waiters = this.#waiters.filter((waiter) => waiter !== thread);
    this.#threads = this.#threads.with(thread, { ...this.#threads[thread]!, phase: "killed" });
  }

  /** Brings a thread to what it does after `result`, when it has done what may be part of a spin. */
  #move(
    thread: number,
    result: StepResult,
    state: ThreadState,
    clock: Clock = state.clock,
    seen: number = state.seen,
  ): StepResult {
    return this.#arrive(thread, result, clock, seen, state.pauses, state.idlePauses);
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
    const threads = this.#threads.slice();
    // A new round knows nothing of the one before.
    threads[thread] = movedTo(node, clock, node === tree.root ? 0 : seen, pauses, idlePauses);
    this.#threads = threads;
    return result;
  }

  /** A word has changed: who looked at it before pausing may find something new. */
  #encourage(writer: number, address: number): void {
    for (let thread = 0; thread < this.#threads.length; thread++) {
      const state = this.#threads[thread]!;
      if (thread === writer || state.pauses === 0 || !this.#spinOf(thread).watched.includes(address)) continue;
      this.#threads = this.#threads.with(thread, { ...state, pauses: 0, idlePauses: 0 });
    }
  }

  #learn(seen: number, origin: number): number {
    return this.knowledge.hasPlain ? mix(seen, origin) : 0;
  }

  #released(clock: Clock, thread: number): Clock {
    return this.knowledge.hasPlain ? tick(clock, thread) : clock;
  }

  #word(address: number, reads: boolean, step: Step): Word {
    if (address >= FIRST_BLOCK) return this.#wordOfBlock(address, reads, step);
    if (address >= 0) {
      const pages = this.memory.at(PAGE_COUNT).value;
      if (address % 4 !== 0 || address >= pages * 65536) {
        throw new Finding("stray access", `there is no word at ${address}: the heap has ${pages} pages`);
      }
    }
    return this.memory.at(address);
  }

  #wordOfBlock(address: number, reads: boolean, step: Step): Word {
    assertInBlock(this.memory, address);
    const word = this.memory.get(address);
    if (word !== undefined) return word;
    const header = this.memory.at(headerOf(address));
    if (reads && !isZeroed(header.value)) {
      throw new Finding("unwritten word", `the ${step.kind} reads a word of a new block before it is written`);
    }
    return { ...ZERO, origin: header.origin, times: header.times };
  }

  /** The times of a word after an access that races with none before. Words that nobody accesses plainly have none. */
  #order(step: Step, word: Word, access: Access, clock: Clock): Times {
    if (!this.knowledge.isPlain(step.address)) return word.times;
    const other = racesWith(word.times, access, clock);
    if (other < 0) return touched(word.times, access, clock);
    throw new Finding(
      "data race",
      `the ${step.kind} by thread ${access.thread} and an access by thread ${other} to the same word, ` +
        `${step.address}, can happen at the same time, and one of the two is plain`,
    );
  }
}
