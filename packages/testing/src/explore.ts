/**
 * All schedules of a model, up to a number of interruptions.
 *
 * Source: M. Musuvathi, S. Qadeer, "Iterative Context Bounding for Systematic Testing of Multithreaded
 * Programs" (2007). Departs from it: schedules that meet in one state (the same words, written by the same
 * steps, and threads that have seen the same) are followed once, in place of a partial-order reduction; the two
 * orders of independent steps always meet, and unlike sleep sets this stays exact under a bound.
 *
 * @packageDocumentation
 */
import { Finding } from "./finding.ts";
import { StateTable } from "./state-table.ts";
import type { Mark, Move, World } from "./world.ts";

export interface ExploreOptions {
  /** How often in one schedule a thread that could go on may be interrupted. */
  readonly preemptions: number;
  readonly maxStates: number;
  /** Looks at each state that threads can be interrupted in. */
  readonly onState: () => void;
  /** No thread can move any more. */
  readonly onEnd: () => void;
}

export interface Explored {
  /** Ends that were reached. Schedules that meet count once from there on. */
  readonly schedules: number;
  readonly states: number;
  /** Whether no schedule was left out for its number of interruptions. */
  readonly complete: boolean;
}

/** Something turned out to matter: what was explored has left out switches, or taken two states for one. */
const START_AGAIN = Symbol("start again");

/** Bounds on interruptions, tried in this order, so that what is found is found in a simple schedule. */
const EASY_BOUNDS = [0, 1, 2];

/** Explores from where the world stands, and leaves it there unless something is found. */
export function explore(world: World, options: ExploreOptions): Explored {
  const bounds = [...EASY_BOUNDS.filter((bound) => bound < options.preemptions), options.preemptions];
  let explored: Explored | undefined;
  for (const bound of bounds) {
    explored = exploreWithin(world, { ...options, preemptions: bound });
    if (explored.complete) break;
  }
  return explored!;
}

function exploreWithin(world: World, options: ExploreOptions): Explored {
  const start = world.mark();
  for (;;) {
    try {
      return new Exploration(world, options).run();
    } catch (error) {
      if (error !== START_AGAIN) throw error;
      world.rewind(start);
    }
  }
}

/** More interruptions than this are any number of them. */
const UNBOUNDED = 254;

class Exploration {
  readonly #world: World;
  readonly #options: ExploreOptions;
  readonly #knowledge: number;
  readonly #explored = new StateTable();
  #schedules = 0;
  #complete = true;

  constructor(world: World, options: ExploreOptions) {
    this.#world = world;
    this.#options = options;
    this.#knowledge = world.knowledge.size;
  }

  run(): Explored {
    const start = this.#world.mark();
    this.#follow(-1, Math.min(this.#options.preemptions, UNBOUNDED));
    this.#world.rewind(start);
    if (this.#schedules === 0)
      throw new Finding("livelock", "threads that go on for ever never come to rest");
    return { schedules: this.#schedules, states: this.#explored.size, complete: this.#complete };
  }

  /** Explores what can follow. `turn` is the thread whose turn it is; -1 at the start. */
  #follow(turn: number, preemptions: number): void {
    const world = this.#world;
    let running = turn;
    let local: Move | undefined;
    let moves: readonly Move[] = [];
    let kills = world.killMoves();
    // Where there is no choice there is no state worth keeping.
    while (kills.length === 0) {
      local = world.localMove();
      if (local === undefined) {
        if (world.isVain(running)) return;
        moves = world.moves(running);
        if (moves.length !== 1) break;
        this.#look();
        running = moves[0]!.thread;
      }
      this.#make(local ?? moves[0]!);
      kills = world.killMoves();
    }
    // With interruptions to spare it does not matter whose turn it is.
    const turnTaker = preemptions === UNBOUNDED && !world.spins(running) ? -1 : running;
    const isNew = this.#explored.improve(world.key(turnTaker, 0), world.key(turnTaker, 1), preemptions);
    if (!isNew) return;
    if (this.#explored.size > this.#options.maxStates) {
      throw new Finding("too large", `more than ${this.#options.maxStates} states; allow fewer preemptions`);
    }
    this.#look();

    const mark = world.mark();
    for (const kill of kills) this.#branch(mark, kill, running, preemptions);
    if (kills.length > 0) {
      local = world.localMove();
      if (local === undefined && world.isVain(running)) return;
      moves = world.moves(running);
    }
    if (local !== undefined) this.#branch(mark, local, running, preemptions);
    else this.#choose(mark, moves, running, preemptions);
  }

  #choose(mark: Mark, moves: readonly Move[], running: number, preemptions: number): void {
    if (moves.length === 0) {
      this.#schedules++;
      this.#options.onEnd();
    }
    // Whose turn it is goes on first: so what is found is found in a schedule with few changes.
    let goesOn = false;
    for (const move of moves) {
      if (move.thread !== running) continue;
      goesOn = true;
      this.#branch(mark, move, running, preemptions);
    }
    const cost = goesOn && preemptions !== UNBOUNDED && this.#world.isInterruptible(running) ? 1 : 0;
    for (const move of moves) {
      if (move.thread === running) continue;
      if (cost <= preemptions) this.#branch(mark, move, move.thread, preemptions - cost);
      else this.#complete = false;
    }
  }

  #branch(mark: Mark, move: Move, running: number, preemptions: number): void {
    this.#make(move);
    this.#follow(running, preemptions);
    this.#world.rewind(mark);
  }

  #make(move: Move): void {
    this.#world.make(move);
    this.#startAgainIfWiser();
  }

  #look(): void {
    this.#options.onState();
    this.#startAgainIfWiser();
  }

  #startAgainIfWiser(): void {
    if (this.#world.knowledge.size > this.#knowledge) throw START_AGAIN;
  }
}
