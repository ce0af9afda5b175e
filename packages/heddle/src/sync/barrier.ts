/**
 * The barrier that users have.
 *
 * @packageDocumentation
 */
import { isThenable, LONGEST_DELAY_MS, unheard } from "../scopes/index.ts";
import type { Heap } from "#heap";
import {
  BARRIER_BYTES,
  BarrierCore,
  FOUND_BROKEN,
  partyDied,
  setStoredAction,
  storedAction,
  TO_ACT,
  writeBarrier,
} from "./barrier-core.ts";
import { checkCount, describe } from "./check-count.ts";
import { BrokenBarrierError, LockStateError } from "./errors.ts";
import { ObjectKind } from "./object-kinds.ts";
import { knownHere } from "./objects/known-here.ts";
import {
  addressOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import { storedValuesIn, type StoredValues } from "./objects/stored-values.ts";
import { checkWaitOptions } from "./wait-options.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

type Action = () => void;

let beforeSending: (barrier: Barrier) => void;

/** What a barrier does once a round, and how long it waits. */
export interface BarrierOptions extends SharedOptions {
  /**
   * Called once a round, when all have come and before anybody leaves, in the thread of the last one. When the barrier
   * is first sent to another thread the action goes along, as it is then: if it cannot travel, nor can the barrier. With
   * a name in a `SharedHeap` that is at once, as others find it there. It must not wait at the barrier itself, and cannot
   * be asynchronous: if it gives a promise, that breaks the barrier.
   */
  readonly action?: Action | undefined;
  /** For waits that name none, in whole milliseconds. Default: for ever. */
  readonly timeoutMs?: number | undefined;
}

/** What a barrier knows of itself at one moment; other threads may have changed it since. */
export interface BarrierStatistics {
  readonly parties: number;
  /** How many wait for the others. */
  readonly waiting: number;
  readonly broken: boolean;
}

/**
 * A place where a number of parties, threads or tasks, wait for each other: nobody leaves before all have come. Then
 * it is there for the next round.
 *
 * It breaks when it is aborted, when a party runs out of time or is terminated while it waits, or when the action
 * throws: then all who wait get `BrokenBarrierError`, and so does who comes, until it is reset. A party whose signal
 * aborts just leaves; the others go on waiting for another one in its place.
 *
 * @remarks
 * Fairness: parties make up rounds in the order in which they come. Who comes while a round leaves, or acts, is counted
 * for the next one.
 * Cost: about a microsecond for each party, and what it takes to wake it.
 * Cancel safety: as said. A signal that aborts while the action of the party's round runs cannot change that all had come.
 *
 * @example
 * ```ts
 * import { Barrier } from "heddle/sync";
 *
 * let rounds = 0;
 * const barrier = new Barrier(2, { action: () => void rounds++ });
 * const first = barrier.wait();
 * await barrier.wait(); // => 1
 * await first; // => 0
 * rounds; // => 1
 * ```
 */
export class Barrier extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: BarrierCore;
  readonly #known: Known;
  /** Whether the action is being stored: it may refer to the barrier. */
  #isStoring = false;

  /** @param parties - How many meet: a whole number, 1 or more. */
  constructor(parties: number, options?: BarrierOptions) {
    let isNew = false;
    let stored = 0;
    super(options, (heap, address) => {
      checkCount(parties, "make a Barrier", "parties", 1);
      const { action, timeoutMs = Infinity } = checkBarrierOptions(options);
      const wholeMs = timeoutMs === Infinity ? -1 : Math.ceil(timeoutMs);
      writeBarrier(heap, address, { parties, hasAction: action !== undefined, timeoutMs: wholeMs });
      // Whoever finds it by its name may be the one to act.
      if (action !== undefined && options?.heap !== undefined && options.name !== undefined) {
        stored = storedValuesIn(heap).store(action, "action");
        setStoredAction(heap, address, stored);
      }
      isNew = true;
    });
    this.#thread = threadOf(this);
    this.#core = new BarrierCore(this.#thread.monitor, addressOf(this));
    this.#known = knownHere(this, () => new Known(this));
    // That of who joins a barrier does not count, nor of who was about to make it when another one did.
    if (isNew && this.#stored === stored) this.#known.action ??= options?.action;
  }

  /**
   * Waits until all parties have come, without blocking the thread.
   *
   * @returns Which of them this one is: 0 for the first, and so on. Each round has each number once.
   * @throws `BrokenBarrierError` when the barrier is broken, or is broken or reset meanwhile. `TimeoutError` when time
   * runs out, which breaks it. The reason of the signal or of the scope around, which does not. What the action throws,
   * if it is this party that calls it; that breaks it.
   */
  wait(options?: WaitOptions): Promise<number> {
    return unheard(this.#wait(options));
  }

  async #wait(options: WaitOptions | undefined): Promise<number> {
    const checked = this.#check(options, "Barrier.wait()");
    const answer = await this.#thread.waits.promise(this.#core, 0, checked);
    if (answer < TO_ACT) return this.#indexOf(answer);
    return this.#act(answer, this.#known.action ?? (await this.#loadAction(answer)));
  }

  /** As `wait`, blocking the thread: its event loop stands still meanwhile. */
  waitSync(options?: WaitOptions): number {
    const checked = this.#check(options, "Barrier.waitSync()");
    // Before anybody counts on this party: later, what the action needs could not be imported here.
    if (this.#known.action === undefined && this.#stored !== 0) {
      this.#known.action = this.#values.readSync(this.#stored) as Action;
    }
    const answer = this.#thread.waits.block(this.#core, 0, checked);
    return answer < TO_ACT ? this.#indexOf(answer) : this.#act(answer, this.#known.action!);
  }

  /** Breaks the barrier: all who wait, and who come, get `BrokenBarrierError`, until it is reset. */
  abort(): void {
    this.#core.abort();
  }

  /** Makes the barrier as new. Those who wait get `BrokenBarrierError`. */
  reset(): void {
    this.#core.reset();
  }

  /** How many have to come for all to go on. */
  get parties(): number {
    return this.#core.parties;
  }

  /** How many wait for the others; 0 while nobody does. */
  get waiting(): number {
    return this.#core.waiting;
  }

  /** Whether it was aborted, or left by one that waited: nobody passes until `reset()`. */
  get broken(): boolean {
    return this.#core.isBroken;
  }

  /** How many wait for how many, at this moment. */
  statistics(): BarrierStatistics {
    return { parties: this.parties, waiting: this.waiting, broken: this.broken };
  }

  #check(options: WaitOptions | undefined, operation: string): WaitOptions {
    const checked = checkWaitOptions(options, operation);
    if (this.#known.isActing) {
      throw new LockStateError(
        `Cannot wait at barrier "${this.name}": its action is running here, and all parties wait for that`,
      );
    }
    return checked.timeoutMs === undefined ? { ...checked, timeoutMs: this.#core.timeoutMs } : checked;
  }

  #indexOf(answer: number): number {
    if (answer !== FOUND_BROKEN) return answer;
    throw new BrokenBarrierError(`Cannot pass barrier "${this.name}": it was broken, or reset`);
  }

  /** The others leave when the action has returned. */
  #checkGiven(value: unknown): void {
    if (!isThenable(value)) return;
    throw new TypeError(
      `Cannot pass barrier "${this.name}": its action gave a promise, and nobody would wait for that`,
    );
  }

  static {
    beforeSending = (barrier) => {
      const { action } = barrier.#known;
      if (action !== undefined && barrier.#stored === 0) barrier.#storeAction(action);
    };
  }

  #storeAction(action: Action): void {
    if (this.#isStoring) return;
    this.#isStoring = true;
    try {
      setStoredAction(this.#thread.heap, addressOf(this), this.#values.store(action, "action"));
    } finally {
      this.#isStoring = false;
    }
  }

  async #loadAction(answer: number): Promise<Action> {
    try {
      return (this.#known.action = (await this.#values.readAsync(this.#stored)) as Action);
    } catch (error) {
      this.#core.acted(answer, false);
      throw error;
    }
  }

  get #values(): StoredValues {
    return storedValuesIn(this.#thread.heap);
  }

  get #stored(): number {
    return storedAction(this.#thread.heap, addressOf(this));
  }

  #act(answer: number, action: Action): number {
    this.#known.isActing = true;
    let isDone = false;
    let isAwaited = false;
    try {
      const gave: unknown = action();
      this.#checkGiven(gave);
      isDone = true;
    } finally {
      this.#known.isActing = false;
      isAwaited = this.#core.acted(answer, isDone);
    }
    return this.#indexOf(isAwaited ? this.parties - 1 : FOUND_BROKEN);
  }
}

/** What this thread knows of a barrier. */
class Known {
  /** As it was given, or has arrived, in this thread. */
  action: Action | undefined = undefined;
  /** Whether this thread is within the action. */
  isActing = false;
  /** As {@link knownHere} asks. */
  readonly barrier: Barrier;

  constructor(barrier: Barrier) {
    this.barrier = barrier;
  }
}

const AsyncFunction = (async () => {}).constructor as new () => Function;

function checkBarrierOptions({ action, timeoutMs = Infinity }: BarrierOptions = {}): BarrierOptions {
  if (action !== undefined && typeof action !== "function") {
    throw new TypeError(`Cannot make a Barrier: its action must be a function, and is ${describe(action)}`);
  }
  if (action instanceof AsyncFunction) {
    throw new TypeError(
      "Cannot make a Barrier: its action is asynchronous, and nobody would wait for it; do that after the barrier, " +
        "and let the others wait at it once more",
    );
  }
  if (typeof timeoutMs !== "number") {
    throw new TypeError(`Cannot make a Barrier: timeoutMs must be a number, and is ${describe(timeoutMs)}`);
  }
  if (!(timeoutMs >= 0)) {
    throw new RangeError(
      `Cannot make a Barrier: timeoutMs must be a number of milliseconds, 0 or more, and is ${timeoutMs}`,
    );
  }
  return { action, timeoutMs: timeoutMs > LONGEST_DELAY_MS ? Infinity : timeoutMs };
}

const form = {
  kind: ObjectKind.BARRIER,
  name: "Barrier",
  options: ["action", "timeoutMs"],
  version: 1,
  sizeBytes: BARRIER_BYTES,
  destroy: (heap: Heap, address: number) => {
    const action = storedAction(heap, address);
    if (action !== 0) storedValuesIn(heap).drop(action);
  },
};
registerShared(Barrier, form, beforeSending);
registerReclaim(ObjectKind.BARRIER, partyDied);
