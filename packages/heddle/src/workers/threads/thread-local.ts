/**
 * Values of which each thread has its own.
 *
 * @packageDocumentation
 */
import { type Heap, threadHeap } from "#heap";
import { declareEverywhere } from "../../portable/index.ts";
import {
  addressOf,
  FIRST_OWN,
  ObjectKind,
  registerShared,
  SharedObject,
  storedValues,
} from "../../sync/index.ts";

const SERIAL = FIRST_OWN;
const INITIAL = FIRST_OWN + 4;
const THREAD_LOCAL_BYTES = FIRST_OWN + 8;

/** The value of one of them in this thread. */
interface Cell {
  readonly address: number;
  value: unknown;
}

/** By the serial of what they belong to: an address may come to be another's. */
const cells = new Map<number, Cell>();
/** With so many it looks for those that nobody can ask for any more. */
let sweepAt = 64;

/** Sees to it that other threads can have the first value. */
let share: (local: ThreadLocal<unknown>) => void;

/**
 * A variable of which each thread has its own value, made by `initial` when that thread first asks for it.
 *
 * It may be captured by functions that travel, passed as an argument, and so on: it is the same variable there, with the
 * value of that thread. Then `initial` travels as well, as it was when that first happened. A value lives as long as its thread, or
 * the variable.
 *
 * ```text
 * bytes  name     values                                         written by
 * 16     serial   of the variable; 0 when it is gone             its maker; who destroys it
 * 20     initial  the function, stored; 0: it never travelled    its maker, once
 * ```
 *
 * @remarks
 * Cost: a look-up in a map the first time a handle is asked; a few nanoseconds from then on.
 * Source: Python's `threading.local`.
 * Departs from it: a single value, not attributes, with a function for the first one.
 *
 * @example
 * ```ts
 * import { ThreadLocal, toThread } from "heddle";
 *
 * const seen = new ThreadLocal(() => new Set<string>());
 * seen.value.add("here");
 * await toThread(() => seen.value.size); // => 0
 * seen.value.size; // => 1
 * ```
 */
export class ThreadLocal<T> extends SharedObject {
  /** In the thread that has made it. */
  readonly #initial: (() => T) | undefined;
  readonly #serial: number;
  #cell: Cell | undefined;
  #isInitializing = false;
  #isSharing = false;

  /** @param initial - Called once in each thread, when its value is asked for. What it throws is thrown there, and it is called again the next time. */
  constructor(initial: () => T) {
    let isNew = false;
    super(undefined, (heap, address) => {
      if (typeof initial !== "function") {
        throw new TypeError(
          `Cannot make a ThreadLocal: initial must be a function, and is ${typeof initial}`,
        );
      }
      heap.poke(address + SERIAL, heap.nextSerial() | 0);
      isNew = true;
    });
    this.#initial = isNew ? initial : undefined;
    this.#serial = threadHeap().load(addressOf(this) + SERIAL);
  }

  /** The value of this thread. */
  get value(): T {
    return ((this.#cell ??= cells.get(this.#serial)) ?? this.#begin()).value as T;
  }

  set value(value: T) {
    this.#cell ??= cells.get(this.#serial);
    if (this.#cell === undefined) this.#keep(value);
    else this.#cell.value = value;
  }

  #begin(): Cell {
    if (this.#isInitializing) {
      throw new ReferenceError("Cannot get the value of a ThreadLocal: its initial() is being called");
    }
    this.#isInitializing = true;
    try {
      const initial = this.#initial ?? (storedValues().readSync(this.#stored) as () => T);
      const value = initial();
      return this.#cell ?? this.#keep(value);
    } finally {
      this.#isInitializing = false;
    }
  }

  #keep(value: unknown): Cell {
    if (cells.size >= sweepAt) sweep();
    const cell = { address: addressOf(this), value };
    cells.set(this.#serial, cell);
    this.#cell = cell;
    return cell;
  }

  get #stored(): number {
    return threadHeap().load(addressOf(this) + INITIAL) >>> 0;
  }

  static {
    share = (local) => {
      // It may capture the variable itself, which is sent along then.
      if (local.#isSharing || local.#stored !== 0) return;
      local.#isSharing = true;
      try {
        const stored = storedValues().store(local.#initial, "initial");
        threadHeap().store(addressOf(local) + INITIAL, stored | 0);
      } finally {
        local.#isSharing = false;
      }
    };
  }
}

/** Forgets the values of variables that are gone. */
function sweep(): void {
  const heap = threadHeap();
  for (const [serial, { address }] of cells) if (heap.load(address + SERIAL) !== serial) cells.delete(serial);
  sweepAt = Math.max(64, 2 * cells.size);
}

registerShared<ThreadLocal<unknown>>(
  ThreadLocal,
  {
    kind: ObjectKind.THREAD_LOCAL,
    name: "ThreadLocal",
    version: 1,
    sizeBytes: THREAD_LOCAL_BYTES,
    destroy: (heap: Heap, address: number) => {
      heap.store(address + SERIAL, 0);
      const stored = heap.load(address + INITIAL) >>> 0;
      if (stored !== 0) storedValues().drop(stored);
    },
  },
  (local) => share(local),
);

// Where Heddle is part of a bundle, threads have the same class.
declareEverywhere("ThreadLocal", ThreadLocal);
