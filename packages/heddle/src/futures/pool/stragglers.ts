/**
 * Workers whose bodies have not stopped in the time that they had for that.
 *
 * @packageDocumentation
 */
import type { Call } from "./call.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";

/** How often such a worker is looked at. Nothing in it gets on if it does not even answer in this time, in milliseconds. */
const LOOK_MS = 500;

/**
 * Ends them, and spares what else runs there for as long as that gets on.
 *
 * ```text
 *           a body outstays             looked at, every LOOK_MS
 * (serves) ─────────────────▶ retired ───────────────────────────▶ ended: nobody waits for what runs there, or it has not answered
 *                                │
 *                                └─────────────────────────────────▶ leaves: those that outstayed have ended after all
 * ```
 *
 * - G1: a worker that runs nothing that somebody waits for is ended at once.
 * - G2: another one takes no more work from then on, so that nothing new shares its fate, and another is started for it.
 * - G3: it is asked whether its event loop turns. While that does, the bodies that wait there get on, and are waited for. While it does
 *   not, none of them does: it is one of those that never end which keeps the thread, or one that computes for long. Nobody can tell which.
 */
export class Stragglers {
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #onRetired: () => void;
  readonly #watched = new Map<number, NodeJS.Timeout>();

  constructor(calls: Calls, crew: Crew, onRetired: () => void) {
    this.#calls = calls;
    this.#crew = crew;
    this.#onRetired = onRetired;
  }

  /** The body of a call has not stopped. */
  add({ isClaimed, worker }: Call, cause: unknown): void {
    if (!isClaimed || this.#watched.has(worker)) return;
    // G1.
    if (!this.#calls.runsAwaited(worker)) return this.#crew.end(worker, cause);
    // G2.
    if (this.#crew.takesWork(worker)) this.#crew.retire(worker);
    this.#onRetired();
    this.#crew.ask(worker);
    // What runs there keeps the program alive.
    this.#watched.set(worker, setInterval(() => this.#look(worker, cause), LOOK_MS).unref());
  }

  /** A worker has gone. */
  forget(worker: number): void {
    clearInterval(this.#watched.get(worker));
    this.#watched.delete(worker);
  }

  /** G3. */
  #look(worker: number, cause: unknown): void {
    if (!this.#calls.runsAbandoned(worker)) return;
    const getsOn = this.#crew.hasAnswered(worker) && this.#calls.runsAwaited(worker);
    if (getsOn) this.#crew.ask(worker);
    else this.#crew.end(worker, cause);
  }
}
