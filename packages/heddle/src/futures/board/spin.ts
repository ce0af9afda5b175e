/**
 * How long to look before going to sleep.
 *
 * A wake costs 5 to 40 µs, and two threads that both look pass a word in less than one. But looking takes a
 * core. So it is done where what is waited for tends to come soon, and not at all where threads outnumber cores.
 *
 * @packageDocumentation
 */
import { availableParallelism } from "node:os";

/** Waits that last longer than this on average are slept through. */
const WORTHWHILE_MS = 0.06;
/**
 * What the other side may take to wake. A wait that began with waking it is excused so much, and looked through for so
 * much longer: otherwise two sides that both sleep would each learn from the other's waking that looking is in vain.
 */
const WAKE_MS = 0.15;
/** One in so many sleeps is preceded by a look all the same, to see whether times have changed. */
const PROBE_EVERY = 64;
/**
 * Looking for so long lets the scheduler's clock tick: with one core idle and two threads on another, it moves one. Until
 * then both may stay where they are, each making room for the other whenever it sleeps.
 */
const PART_MS = 6;
/** How long until that is tried again, at first and after many times in vain. */
const PART_AGAIN_MS = 50;
const PART_AGAIN_MAX_MS = 12_800;
/** After looks in vain, so many waits at most go without one: fewer than one in a hundred last as long as a look. */
const MAX_PENALTY = 255;
/** With so many, threads are believed to share a core. */
const PART_PENALTY = 31;
/** What one observation counts for in the average. */
const WEIGHT = 1 / 8;
/** An observation counts for no more than this, so that one long pause is soon forgotten. */
const OBSERVED_MAX_MS = 4 * WORTHWHILE_MS;

/** How many threads may look at the same time; 0 switches looking off, as `HEDDLE_SPIN=0` does. */
export const SPIN_LIMIT: number = process.env["HEDDLE_SPIN"] === "0" ? 0 : availableParallelism() - 1;

/**
 * Learns how long one thread's waits last, and whether looking finds anything, and says whether to look.
 *
 * Where cores are short, the kernel may put both sides on one: then the one that looks keeps the other from finishing,
 * and finds nothing until it sleeps. So looks in vain are followed by more and more waits without a look; and when
 * waits are short and looks in vain all the same, a worker now and then looks for so long that the kernel parts the two.
 */
export class SpinPolicy {
  #averageMs = 0;
  #untilProbe = PROBE_EVERY;
  /** How many waits in a row go without a look after the next look in vain. */
  #penalty = 0;
  #toSkip = 0;
  readonly #mayPart: boolean;
  #partAgain = 0;
  #partAfterMs = PART_AGAIN_MS;

  /** @param mayPart - Whether this thread can afford to look for {@link PART_MS}: not one that serves requests. */
  constructor(mayPart: boolean) {
    this.#mayPart = mayPart;
  }

  /**
   * How long to look, in milliseconds, before the next sleep; 0 for not at all.
   *
   * @param woke - Whether this wait began with waking the other side.
   */
  budgetMs(woke: boolean): number {
    if (SPIN_LIMIT === 0) return 0;
    if (this.#averageMs > WORTHWHILE_MS && --this.#untilProbe > 0) return 0;
    if (this.#toSkip > 0) {
      this.#toSkip--;
      return this.#mayPart && this.#penalty >= PART_PENALTY ? this.#partBudgetMs() : 0;
    }
    this.#untilProbe = PROBE_EVERY;
    return woke ? WORTHWHILE_MS + WAKE_MS : WORTHWHILE_MS;
  }

  #partBudgetMs(): number {
    const now = performance.now();
    if (now < this.#partAgain) return 0;
    this.#partAgain = now + this.#partAfterMs;
    this.#partAfterMs = Math.min(2 * this.#partAfterMs, PART_AGAIN_MAX_MS);
    return PART_MS;
  }

  /** A look has ended, with or without a find. */
  looked(found: boolean): void {
    this.#penalty = found ? this.#penalty >> 1 : Math.min(2 * this.#penalty + 1, MAX_PENALTY);
    this.#toSkip = found ? 0 : this.#penalty;
    if (this.#penalty === 0) this.#partAfterMs = PART_AGAIN_MS;
  }

  /** A wait has ended that lasted so long, with or without sleep. */
  observe(waitedMs: number, woke: boolean): void {
    const observedMs = Math.max(0, Math.min(waitedMs - (woke ? WAKE_MS : 0), OBSERVED_MAX_MS));
    this.#averageMs += (observedMs - this.#averageMs) * WEIGHT;
  }
}
