/**
 * Where tasks were spawned, for the stacks of their errors.
 *
 * Taking the stack of every spawn would cost more than the rest of the task, and a kilobyte. So a group takes those of
 * its first spawns, and then of fewer and fewer: many tasks are nearly always spawned in one place.
 *
 * @packageDocumentation
 */

/** Holds a stack that is not put into words before somebody reads it. */
export interface SpawnSite {
  readonly stack: string;
}

/** So many spawns of a group are taken; then the 32nd, the 64th and so on. */
const TAKEN = 16;

export class SpawnSites {
  #count = 0;
  #latest: SpawnSite | undefined;

  /** The site of a spawn, or of an earlier one of the group. `spawn` is called by the code that is looked for. */
  next(spawn: Function): SpawnSite {
    const count = ++this.#count;
    if (count <= TAKEN || (count & (count - 1)) === 0) {
      this.#latest = {} as SpawnSite;
      Error.captureStackTrace(this.#latest, spawn);
    }
    return this.#latest!;
  }
}

/** Adds to the stack of an error which task threw it, and where that was spawned. */
export function tellSpawn(error: unknown, task: string, site: SpawnSite): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  const [, ...frames] = site.stack.split("\n");
  try {
    error.stack = `${error.stack}\n    --- in task "${task}", spawned ---\n${frames.join("\n")}`;
  } catch {
    // A frozen error keeps the stack that it has.
  }
}
