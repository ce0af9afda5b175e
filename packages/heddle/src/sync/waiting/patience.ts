/**
 * How long it pays to look before a thread sleeps, learned from how it went.
 *
 * Source: the adaptive spinning of glibc's `PTHREAD_MUTEX_ADAPTIVE_NP` and of the JVM's monitors, for the idea.
 * Departs from them: where looking never pays, as on a machine whose other cores are busy, it stops, but for a trial now and then.
 *
 * @packageDocumentation
 */

/** Where looking did not pay, one wait of so many tries it again. */
const WAITS_PER_TRIAL = 32;

/** The patience of one thread with one kind of wait. */
export class Patience {
  readonly #most: number;
  #looks: number;
  #waits = 0;

  /** @param most - So often it looks at most. */
  constructor(most: number) {
    this.#most = most;
    this.#looks = most;
  }

  /** How often to look this time; to be followed by {@link learn}. */
  get looks(): number {
    if (this.#looks > 0) return this.#looks;
    this.#waits = (this.#waits + 1) % WAITS_PER_TRIAL;
    return this.#waits === 0 ? this.#most : 0;
  }

  /** @param hasPaid - Whether what was waited for came while it looked. */
  learn(hasPaid: boolean): void {
    this.#looks = hasPaid ? this.#most : this.#looks >> 1;
  }
}
