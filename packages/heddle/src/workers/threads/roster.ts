/**
 * All threads of the process that the toolkit knows, in the order in which they were started.
 *
 * @packageDocumentation
 */
import { CLAIMS, type Heap, THREADS_WORD } from "#heap";
import { FIRST_OWN, type Monitor, ObjectKind, writeHeader } from "../../sync/index.ts";
import { letGoOf, LISTED, MAIN, makeThread, NEXT, PREV } from "./thread-core.ts";

const FIRST = FIRST_OWN;
const LAST = FIRST_OWN + 4;
const MAIN_THREAD = FIRST_OWN + 8;
const NUMBER = FIRST_OWN + 12;
const CHANGES = FIRST_OWN + 16;
const HANDLERS = FIRST_OWN + 20;
const ROSTER_BYTES: number = FIRST_OWN + 24;

/** The process has one; makes it if it has none yet. */
export function findRoster(heap: Heap): number {
  const found = heap.load(THREADS_WORD) >>> 0;
  if (found !== 0) return found;
  const made = heap.allocate(ROSTER_BYTES);
  writeHeader(heap, made, ObjectKind.ROSTER, undefined, ROSTER_BYTES);
  const main = makeThread(heap, "main", MAIN);
  heap.poke(main + LISTED, 1);
  for (const word of [FIRST, LAST, MAIN_THREAD]) heap.poke(made + word, main | 0);
  const before = heap.compareExchange(THREADS_WORD, 0, made | 0) >>> 0;
  if (before === 0) return made;
  letGoOf(heap, main);
  heap.free(made);
  return before;
}

/**
 * The roster, as one thread sees it.
 *
 * ```text
 * bytes  name      values                                              written by
 * 16     first     the thread that was started first: the main thread  gate holders
 * 20     last      the one that was started last                       gate holders
 * 24     main      the main thread                                     its maker, once
 * 28     number    how many threads were given a number                any thread, by add
 * 32     changes   how often something of interest has changed         any thread, by add
 * 36     handlers  how many handlers of uncaught errors the main       the main thread
 *                  thread has
 *
 *         add, by who starts it                 remove, by who started it, or who finds it gone
 * alone ─────────────────────────▶ in the list ────────────────────────────────────────────────▶ alone
 * ```
 *
 * - L1: a thread in the list is held by a claim of the list's. So who finds it there, within a section on the roster, may take a
 *   claim of his own.
 * - L2: who takes it out is the one that gives up that claim: whoever finds LISTED set, in a section.
 */
export class Roster {
  readonly address: number;
  readonly #heap: Heap;
  readonly #monitor: Monitor;

  constructor(heap: Heap, monitor: Monitor, address: number) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.address = address;
  }

  get main(): number {
    return this.#heap.peek(this.address + MAIN_THREAD) >>> 0;
  }

  /** A number for a thread without a name, from 1 on. */
  nextNumber(): number {
    return this.#heap.add(this.address + NUMBER, 1) + 1;
  }

  /** L1. The caller has a claim on the thread. */
  add(thread: number): void {
    const monitor = this.#monitor;
    this.#heap.add(thread + CLAIMS, 1);
    monitor.enter(this.address);
    const last = monitor.read(this.address + LAST) >>> 0;
    monitor.write(thread + PREV, last | 0);
    monitor.write(thread + NEXT, 0);
    monitor.write(thread + LISTED, 1);
    monitor.write(last === 0 ? this.address + FIRST : last + NEXT, thread | 0);
    monitor.write(this.address + LAST, thread | 0);
    monitor.leave();
  }

  /** L2. Does nothing if it is not in the list. The caller has a claim on the thread. */
  remove(thread: number): void {
    const monitor = this.#monitor;
    monitor.enter(this.address);
    const isListed = monitor.read(thread + LISTED) !== 0;
    if (isListed) {
      const prev = monitor.read(thread + PREV) >>> 0;
      const next = monitor.read(thread + NEXT) >>> 0;
      monitor.write(prev === 0 ? this.address + FIRST : prev + NEXT, next | 0);
      monitor.write(next === 0 ? this.address + LAST : next + PREV, prev | 0);
      monitor.write(thread + LISTED, 0);
    }
    monitor.leave();
    if (isListed) letGoOf(this.#heap, thread);
    this.noteChange();
  }

  /** Calls `visit` for each thread in the list; it exists until that has returned. */
  forEach(visit: (thread: number) => void): void {
    const monitor = this.#monitor;
    const threads: number[] = [];
    monitor.enter(this.address);
    for (
      let thread = monitor.read(this.address + FIRST) >>> 0;
      thread !== 0;
      thread = monitor.read(thread + NEXT) >>> 0
    ) {
      this.#heap.add(thread + CLAIMS, 1);
      threads.push(thread);
    }
    monitor.leave();
    try {
      for (const thread of threads) visit(thread);
    } finally {
      for (const thread of threads) letGoOf(this.#heap, thread);
    }
  }

  /** Tells those who wait for a change. */
  noteChange(): void {
    this.#heap.add(this.address + CHANGES, 1);
    this.#heap.notify(this.address + CHANGES);
  }

  /** How often something has changed. */
  get changes(): number {
    return this.#heap.load(this.address + CHANGES);
  }

  /** Waits until `changes` is another number, but not for ever. Does not keep the program alive. */
  async nextChange(seen: number, timeoutMs: number): Promise<void> {
    await this.#heap.waitAsync(this.address + CHANGES, seen, timeoutMs);
  }

  /** How many handlers of uncaught errors the main thread has. */
  get handlers(): number {
    return this.#heap.load(this.address + HANDLERS);
  }

  addHandlers(count: number): void {
    this.#heap.add(this.address + HANDLERS, count);
  }
}
