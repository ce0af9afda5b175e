/**
 * Waiting for one of several things, with or without blocking the thread.
 *
 * @packageDocumentation
 */
import { Choice, type Chooser, NOTHING } from "./choice.ts";
import { GRANTED, isOpen, LOOK_FLAG, OPEN, PHASE_MASK, STATE } from "./node.ts";
import type { Alternative, Clock, Pending, Waits } from "./waits.ts";
import { isOver } from "./within-scope.ts";

/** What comes of a choice: which alternative took effect, and what it gives. */
export interface Chosen {
  readonly index: number;
  readonly value: unknown;
}

/** A choice that waits without blocking the thread. */
export interface PendingChoice {
  /** Ends it with nothing done. False if one was done, of which its `onChosen` is about to hear. */
  withdraw(): boolean;
}

/** The choices of one thread. */
export class Choices {
  readonly #Choice: typeof Choice;
  readonly #chooser: Chooser;
  readonly #waits: Waits;
  readonly #clock: Clock;

  /** @param kind - Its choices are of this class. */
  constructor(chooser: Chooser, waits: Waits, clock: Clock, kind: typeof Choice = Choice) {
    this.#Choice = kind;
    this.#chooser = chooser;
    this.#waits = waits;
    this.#clock = clock;
  }

  /** Does one of the first `count` alternatives, if that can be done now. */
  try(
    alternatives: readonly Alternative<unknown>[],
    count: number = alternatives.length,
  ): Chosen | undefined {
    const choice = new this.#Choice(this.#chooser, alternatives, false);
    return end(choice, choice.attempt(count));
  }

  /** Blocks this thread until one of the alternatives is done. `undefined` when time ran out, the scope is over or the signal aborted. */
  block(
    alternatives: readonly Alternative<unknown>[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Chosen | undefined {
    const choice = new this.#Choice(this.#chooser, alternatives, false);
    const index = choice.enlist();
    return end(choice, index === NOTHING ? this.#sleep(choice, timeoutMs, signal) : index);
  }

  /**
   * Waits for one of the alternatives without blocking.
   *
   * @param onChosen - Told later, unless something was chosen at once. Its argument gives that, or throws.
   */
  later(
    alternatives: readonly Alternative<unknown>[],
    onChosen: (chosen: () => Chosen) => void,
  ): Chosen | PendingChoice {
    const choice = new this.#Choice(this.#chooser, alternatives, true);
    const index = choice.enlist();
    return index === NOTHING ? new ChoiceUnderWay(this.#waits, choice, onChosen) : chosenBy(choice, index);
  }

  /** Gives the index of what was done; `NOTHING` when time ran out, the scope is over or the signal aborted. */
  #sleep(choice: Choice, timeoutMs: number, signal: AbortSignal | undefined): number {
    const { heap } = this.#chooser;
    const clock = this.#clock;
    let { looks } = clock.patience;
    for (; looks > 0 && isOpen(heap.load(choice.group)); looks--) heap.pause();
    clock.patience.learn(looks > 0);
    const deadline = timeoutMs === Infinity ? Infinity : clock.now() + timeoutMs;
    let mayEnd = true;
    for (;;) {
      // Until somebody has won, the group tells of it; then the node of the winner tells that it is done.
      const group = heap.load(choice.group);
      const word = isOpen(group) ? choice.group : (group >>> 0) + STATE;
      const state = isOpen(group) ? group : heap.load(word);
      if (!isOpen(group) && (state & PHASE_MASK) === GRANTED) {
        choice.withdrawOthers();
        return choice.nodes.indexOf(group >>> 0);
      }
      const seen = isOpen(group) ? OPEN : state & ~LOOK_FLAG;
      if (state !== seen) {
        if (heap.compareExchange(word, state, seen) !== state) continue;
        const index = choice.look();
        if (index !== NOTHING) return index;
        continue;
      }
      let leftMs = Infinity;
      if (mayEnd && isOver(signal)) leftMs = 0;
      else if (mayEnd && deadline !== Infinity) leftMs = deadline - clock.now();
      const sleepMs = Math.min(leftMs, clock.sleepMs);
      if (leftMs > 0 && heap.wait(word, state, sleepMs) !== "timed-out") {
        clock.onWoken();
        continue;
      }
      if (sleepMs < leftMs) clock.onSlept();
      else if (choice.withdraw()) return NOTHING;
      // Else one is granted, and about to be told.
      else mayEnd = false;
    }
  }
}

function end(choice: Choice, index: number): Chosen | undefined {
  if (index !== NOTHING) return chosenBy(choice, index);
  choice.abandon();
  return undefined;
}

function chosenBy(choice: Choice, index: number): Chosen {
  return { index, value: choice.collect(index) };
}

class ChoiceUnderWay implements Pending, PendingChoice {
  readonly #waits: Waits;
  readonly #choice: Choice;
  readonly #onChosen: (chosen: () => Chosen) => void;

  constructor(waits: Waits, choice: Choice, onChosen: (chosen: () => Chosen) => void) {
    this.#waits = waits;
    this.#choice = choice;
    this.#onChosen = onChosen;
    for (const node of choice.nodes) waits.watch(node, this);
    waits.inbox.add();
  }

  get looksAt(): this {
    return this;
  }

  granted(node: number, isOrphan: boolean): void {
    this.#choice.withdrawOthers();
    this.#end(this.#choice.nodes.indexOf(node), isOrphan ? node : undefined);
  }

  look(): void {
    const index = this.#choice.look();
    if (index !== NOTHING) this.#end(index);
  }

  withdraw(): boolean {
    if (!this.#choice.withdraw()) return false;
    this.#forget();
    this.#choice.abandon();
    return true;
  }

  #end(index: number, orphan?: number): void {
    this.#forget();
    this.#onChosen(() => ({ index, value: this.#choice.collect(index, orphan) }));
  }

  #forget(): void {
    for (const node of this.#choice.nodes) this.#waits.unwatch(node);
    this.#waits.inbox.remove();
  }
}
