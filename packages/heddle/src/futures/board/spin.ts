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
/** How soon a thread may change its core once more that has found nothing by that; and after many times in vain. */
const LEAVE_AGAIN_MS = 1;
const LEAVE_AGAIN_MAX_MS = PART_AGAIN_MAX_MS;
/** After looks in vain, so many waits at most go without one: fewer than one in a hundred last as long as a look. */
const MAX_PENALTY = 255;
/** What a look that has found something has saved at least: the other side did not have to wake this one. */
const SAVED_BY_FIND_MS = 0.005;
/** What can be saved up at most. To collect its young objects takes a thread less. */
const SAVED_MAX_MS = 0.5;
/** With so many, threads are believed to share a core. */
const PART_PENALTY = 31;
/** What one observation counts for in the average. */
const WEIGHT = 1 / 8;
/** An observation counts for no more than this, so that one long pause is soon forgotten. */
const OBSERVED_MAX_MS = 4 * WORTHWHILE_MS;

/** How many threads may look at the same time; 0 switches looking off, as `HEDDLE_SPIN=0` does. */
export const SPIN_LIMIT: number = process.env["HEDDLE_SPIN"] === "0" ? 0 : availableParallelism() - 1;

/** What a thread can know, and do, about the core that it runs on. */
export interface Cores {
  /** Whether it is on the core of whom it waits for, as far as is known: then that one gets on only when this one sleeps. */
  readonly isShared: boolean;
  /** Moves it to another core, if one is idle. Gives whether it was moved. */
  leave(): boolean;
}

/**
 * Learns how long one thread's waits last, and whether looking finds anything, and says whether to look.
 *
 * Where cores are short, the kernel may put both sides on one: then the one that looks keeps the other from finishing,
 * and finds nothing until it sleeps. So looks in vain are followed by more and more waits without a look; and when
 * waits are short and looks in vain all the same, a worker now and then looks for so long that the kernel parts the two. A worker
 * that knows that it shares a core with the other side does not look there: it goes to another one, or sleeps.
 *
 * Where looks have found something again and again, the next one lasts longer by what they have saved: then a collection of the other side's
 * memory is waited out. If that were slept through, each side would sleep for a while whenever the other wakes. So looking takes no more than twice
 * the time that it has saved, and a thread that has looked in vain is none the worse for what it found before.
 */
export class SpinPolicy {
  #averageMs = 0;
  #untilProbe = PROBE_EVERY;
  /** How many waits in a row go without a look after the next look in vain. */
  #penalty = 0;
  #toSkip = 0;
  /** What the looks have saved since the last in vain, which the next may take in addition. */
  #savedMs = 0;
  readonly #mayPart: boolean;
  readonly #cores: Cores | undefined;
  #partAgain = 0;
  #partAfterMs = PART_AGAIN_MS;
  #leaveAgain = 0;
  #leaveAfterMs = LEAVE_AGAIN_MS;
  /** Since it last knew that it has a core of its own. */
  #hasSlept = false;

  /**
   * @param mayPart - Whether this thread can afford to look for {@link PART_MS}: not one that serves requests.
   * @param cores - Where it knows of them.
   */
  constructor(mayPart: boolean, cores?: Cores) {
    this.#mayPart = mayPart;
    this.#cores = cores;
  }

  /**
   * How long to look, in milliseconds, before the next sleep; 0 for not at all.
   *
   * @param woke - Whether this wait began with waking the other side.
   */
  budgetMs(woke: boolean): number {
    if (SPIN_LIMIT === 0) return 0;
    if (this.#averageMs > WORTHWHILE_MS && --this.#untilProbe > 0) return 0;
    if (!this.#hasOwnCore()) return 0;
    if (this.#toSkip > 0) {
      this.#toSkip--;
      return this.#mayPart && this.#penalty >= PART_PENALTY ? this.#partBudgetMs() : 0;
    }
    this.#untilProbe = PROBE_EVERY;
    return WORTHWHILE_MS + this.#savedMs + (woke ? WAKE_MS : 0);
  }

  /** The kernel chooses a core when it wakes a thread. */
  #hasOwnCore(): boolean {
    if (this.#cores === undefined || !this.#hasSlept) return true;
    if (this.#cores.isShared) {
      if (!this.#left(this.#cores)) return false;
      // What was in vain was so for want of a core.
      this.#toSkip = 0;
    }
    this.#hasSlept = false;
    return true;
  }

  #left(cores: Cores): boolean {
    const now = performance.now();
    if (now < this.#leaveAgain) return false;
    this.#leaveAgain = now + this.#leaveAfterMs;
    this.#leaveAfterMs = Math.min(2 * this.#leaveAfterMs, LEAVE_AGAIN_MAX_MS);
    return cores.leave();
  }

  #partBudgetMs(): number {
    const now = performance.now();
    if (now < this.#partAgain) return 0;
    this.#partAgain = now + this.#partAfterMs;
    this.#partAfterMs = Math.min(2 * this.#partAfterMs, PART_AGAIN_MAX_MS);
    return PART_MS;
  }

  /** The thread has slept. */
  slept(): void {
    this.#hasSlept = true;
  }

  /** A look has ended, with or without a find. */
  looked(found: boolean): void {
    if (found) this.#leaveAfterMs = LEAVE_AGAIN_MS;
    this.#savedMs = found ? Math.min(this.#savedMs + SAVED_BY_FIND_MS, SAVED_MAX_MS) : 0;
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
