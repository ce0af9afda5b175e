/**
 * Which worker runs the calls of each affinity.
 *
 * @packageDocumentation
 */
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";

/** Remembers each key for as long as its worker takes work. */
export class Homes {
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #maxWorkers: number;
  readonly #workers = new Map<string, number>();
  /** How many keys each worker has. */
  readonly #keys: number[] = [];

  constructor(calls: Calls, crew: Crew, maxWorkers: number) {
    this.#calls = calls;
    this.#crew = crew;
    this.#maxWorkers = maxWorkers;
  }

  /** The worker for a key: for a new one, or one whose worker has gone, that with the least to do. -1 if there is none. */
  of(key: string): number {
    const known = this.#workers.get(key);
    if (known !== undefined && this.#crew.takesWork(known)) return known;
    if (known !== undefined) this.forget(known);
    let home = this.#leastBusy();
    if ((home < 0 || this.#keysOf(home) > 0) && this.#crew.size < this.#maxWorkers) {
      this.#crew.ensure(this.#crew.size + 1);
      home = this.#leastBusy();
    }
    if (home < 0) return home;
    this.#workers.set(key, home);
    this.#keys[home] = this.#keysOf(home) + 1;
    return home;
  }

  /** A worker takes no more work. */
  forget(worker: number): void {
    if (this.#keysOf(worker) === 0) return;
    this.#keys[worker] = 0;
    for (const [key, home] of this.#workers) if (home === worker) this.#workers.delete(key);
  }

  #leastBusy(): number {
    let least = -1;
    for (const worker of this.#crew) {
      if (least < 0 || this.#load(worker) < this.#load(least)) least = worker;
    }
    return least;
  }

  /** The calls that only it may run count first, then its keys. */
  #load(worker: number): number {
    return this.#calls.pinnedTo(worker) + 1 - 1 / (1 + this.#keysOf(worker));
  }

  #keysOf(worker: number): number {
    return this.#keys[worker] ?? 0;
  }
}
