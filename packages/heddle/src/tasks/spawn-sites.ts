/**
 * Where tasks were spawned, for the stacks of their errors.
 *
 * Taking the stack of every spawn would cost nine times the rest of the task, and a kilobyte. So a group takes that of its first
 * spawn, of some more, and then of fewer and fewer, for many tasks are nearly always spawned in one place; and a thread
 * takes only so many in a time, beside the first ones, however many groups it has.
 *
 * @packageDocumentation
 */

/** Holds a stack that is not put into words before somebody reads it. */
export interface SpawnSite {
  readonly stack: string;
}

/** So many spawns of a group are taken; then the 32nd, the 64th and so on. */
const TAKEN = 16;

/** So many are taken in this time at most: about a hundredth of it for the first ones of groups, and as much for others. */
const PER_PERIOD = 200;
const PERIOD_MS = 100;

/** How many may yet be taken. */
class Allowance {
  /** The clock is read when the count of spawns that were not taken has none of these bits. */
  readonly #clockMask: number;
  #left = PER_PERIOD;
  #periodBegan = 0;
  #passedOver = 0;

  constructor(clockMask: number) {
    this.#clockMask = clockMask;
  }

  mayTake(): boolean {
    if (this.#left === 0) {
      if ((++this.#passedOver & this.#clockMask) !== 0) return false;
      const now = performance.now();
      if (now - this.#periodBegan < PERIOD_MS) return false;
      this.#periodBegan = now;
      this.#left = PER_PERIOD;
    }
    this.#left--;
    return true;
  }
}

const firsts = new Allowance(0);
const others = new Allowance(63);

export class SpawnSites {
  #count = 0;
  #latest: SpawnSite | undefined;

  /** The site of a spawn, or of an earlier one of the group. `spawn` is called by the code looked for. */
  next(spawn: Function): SpawnSite | undefined {
    const count = ++this.#count;
    const isTaken =
      count === 1 ? firsts.mayTake() : (count <= TAKEN || (count & (count - 1)) === 0) && others.mayTake();
    if (isTaken) {
      this.#latest = {} as SpawnSite;
      Error.captureStackTrace(this.#latest, spawn);
    }
    return this.#latest;
  }
}

/** A stack that is longer says enough: one error may be thrown by task after task. */
const LONGEST_STACK = 20_000;

/** Adds to the stack of an error which task threw it, and where that was spawned. */
export function tellSpawn(error: unknown, task: string, site: SpawnSite | undefined): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  if (error.stack.length > LONGEST_STACK) return;
  const frames = site === undefined ? [] : site.stack.split("\n").slice(1);
  const heading = `    --- in task "${task}"${site === undefined ? "" : ", spawned"} ---`;
  try {
    error.stack = [error.stack, heading, ...frames].join("\n");
  } catch {
    // A frozen error keeps the stack that it has.
  }
}
