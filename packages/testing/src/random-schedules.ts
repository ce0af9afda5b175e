/**
 * Random schedules for programs with too many of them.
 *
 * Source: S. Burckhardt et al., "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (2010):
 * the thread of highest priority runs; at a few random moments the one that runs falls to the lowest. A bug
 * that needs d orderings to come true is found by one run with probability at least 1 / (n·k^(d-1)), for n threads and k steps.
 *
 * @packageDocumentation
 */
import type { World } from "./world.ts";

export interface RandomOptions {
  readonly schedules: number;
  /** The same seed gives the same schedules. */
  readonly seed: number;
  /** How many orderings a bug may need: one more than the moments of change in a schedule. */
  readonly depth: number;
  readonly onState: () => void;
  readonly onEnd: () => void;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs schedules from where the world stands, and leaves it there unless something is found. */
export function runRandomly(world: World, threadCount: number, options: RandomOptions): number {
  const random = randomNumbers(options.seed);
  const start = world.mark();
  // What it looks at is known then before the first move.
  options.onState();
  /** The longest schedule so far, in choices: moments of change and of death are drawn from it. */
  let longest = 1;
  for (let schedule = 0; schedule < options.schedules; schedule++) {
    const moment = (): number => Math.floor(random() * longest);
    const priorities = Array.from({ length: threadCount }, () => 1 + random());
    const changes = new Set(Array.from({ length: options.depth - 1 }, moment));
    const death = moment();
    let length = 0;
    let running = -1;
    for (;;) {
      const killMoves = world.killMoves();
      if (killMoves.length > 0 && length >= death && random() < 0.5) {
        world.make(killMoves[Math.floor(random() * killMoves.length)]!);
        continue;
      }
      const local = world.localMove();
      if (local !== undefined) {
        world.make(local);
        continue;
      }
      const moves = world.moves(running);
      if (moves.length === 0) break;
      options.onState();
      length++;
      const best = moves.reduce((one, other) =>
        priorities[other.thread]! > priorities[one.thread]! ? other : one,
      );
      if (changes.delete(length)) priorities[best.thread] = -length;
      else {
        world.make(best);
        running = best.thread;
      }
    }
    options.onEnd();
    longest = Math.max(longest, length + 1);
    world.rewind(start);
  }
  return options.schedules;
}
