import { begin, type HowEnded, TaskContext } from "./task.ts";
import type { Spawn } from "./spawn.ts";

/** A task that has no future: its result goes to its place in a list, and all else to its group. */
export class Part extends TaskContext {
  #fn: (() => unknown) | undefined;
  readonly #results: unknown[];
  readonly #place: number;
  /** It was cancelled before it began. */
  done = false;

  constructor(spawn: Spawn, fn: () => unknown, results: unknown[], place: number) {
    super(spawn);
    this.#fn = fn;
    this.#results = results;
    this.#place = place;
  }

  get context(): this {
    return this;
  }

  override get hasBegun(): boolean {
    return this.#fn === undefined;
  }

  begin(): void {
    const fn = this.#fn!;
    this.#fn = undefined;
    begin(this, fn);
  }

  dropOut(): void {
    this.#fn = undefined;
    this.done = true;
    this.taskIfSeen?.close();
    this.spawn.owner.left(true, undefined);
  }

  override settle(how: HowEnded, outcome: unknown): void {
    if (how === "fulfilled") this.#results[this.#place] = outcome;
    else if (how === "called off") this.spawn.owner.calledOff(outcome);
  }
}
