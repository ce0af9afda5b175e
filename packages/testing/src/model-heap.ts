/**
 * The heap that algorithms are checked on: words, waits and pages, simulated in one thread.
 *
 * @packageDocumentation
 */
import { Memory } from "./memory.ts";
import { given, type Step, type StepKind, type StepResult, written } from "./steps.ts";
import type { Gate } from "./thread-tree.ts";
import { PAGE_COUNT } from "./world.ts";

/** How a wait ended: woken, never begun as the word had changed, or out of time. */
export type WaitOutcome = "ok" | "not-equal" | "timed-out";

/** How a thread came to its end. */
export type Ending = "returned" | "killed";

export interface ModelHeapOptions {
  /** How many pages there are at first. Default 1. */
  readonly pageCount?: number;
  /** How many there may be. Default: as many as at first. */
  readonly pageLimit?: number;
}

/**
 * Words, all 0 at first: what Heddle's algorithms know as `Words` and `Pages`.
 *
 * Within a thread of a model every call is a step, and other threads may come in between. Outside of one, that is
 * before the threads begin, after they have ended, and in a test of its own, calls take effect at once.
 */
export class ModelHeap {
  readonly pageLimit: number;
  readonly #gate: Gate;
  readonly #names: Map<number, string>;

  constructor(options: ModelHeapOptions = {}, parts: ModelHeapParts = modelHeapParts()) {
    const { pageCount = 1, pageLimit = pageCount } = options;
    this.pageLimit = pageLimit;
    this.#gate = parts.gate;
    this.#names = parts.names;
    parts.memory.write(PAGE_COUNT, pageCount);
  }

  /** Calls a word by a name in reports. */
  name(address: number, name: string): void {
    this.#names.set(address, name);
  }

  /** Waits until a thread has ended. Threads count from 0. */
  join(thread: number): Ending {
    return this.#perform("join", 0, thread) as Ending;
  }

  get pageCount(): number {
    return this.#perform("load", PAGE_COUNT) as number;
  }

  growTo(pageCount: number): boolean {
    return this.#perform("grow", PAGE_COUNT, pageCount, this.pageLimit) === 1;
  }

  load(address: number): number {
    return this.#perform("load", address >>> 0) as number;
  }

  store(address: number, value: number): void {
    this.#perform("store", address >>> 0, value);
  }

  add(address: number, value: number): number {
    return this.#perform("add", address >>> 0, value) as number;
  }

  and(address: number, mask: number): number {
    return this.#perform("and", address >>> 0, mask) as number;
  }

  or(address: number, mask: number): number {
    return this.#perform("or", address >>> 0, mask) as number;
  }

  exchange(address: number, value: number): number {
    return this.#perform("exchange", address >>> 0, value) as number;
  }

  compareExchange(address: number, expected: number, replacement: number): number {
    return this.#perform("compareExchange", address >>> 0, expected, replacement) as number;
  }

  wait(address: number, expected: number, timeoutMs: number = Infinity): WaitOutcome {
    return this.#perform("wait", address >>> 0, expected, timeoutMs) as WaitOutcome;
  }

  /** Waits on the spot, as the threads of a model are plain functions; the promise is a settled one. */
  waitAsync(
    address: number,
    expected: number,
    timeoutMs: number = Infinity,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    const outcome = this.wait(address, expected, timeoutMs);
    return outcome === "not-equal" ? outcome : Promise.resolve(outcome);
  }

  notify(address: number, count: number = Infinity): number {
    return this.#perform("notify", address >>> 0, count) as number;
  }

  pause(): void {
    this.#perform("pause", 0);
  }

  peek(address: number): number {
    return this.#perform("peek", address >>> 0) as number;
  }

  poke(address: number, value: number): void {
    this.#perform("poke", address >>> 0, value);
  }

  #perform(kind: StepKind, address: number, first: number = 0, second: number = 0): StepResult {
    return this.#gate.perform(kind, address, first, second);
  }
}

/** What a heap consists of, for whoever runs threads on it. */
export interface ModelHeapParts {
  readonly memory: Memory;
  readonly gate: Gate;
  readonly names: Map<number, string>;
}

export function modelHeapParts(): ModelHeapParts {
  const memory = new Memory();
  const gate: Gate = {
    perform: (kind, address, first, second) => atOnce(memory, { kind, address, first, second }),
  };
  return { memory, gate, names: new Map() };
}

/** A step outside all threads. */
function atOnce(memory: Memory, step: Step): StepResult {
  const { kind, address } = step;
  const old = memory.at(address).value;
  if (kind === "notify") return 0;
  if (kind === "pause") return undefined;
  if (kind === "join") {
    throw new Error(`Cannot join thread ${step.first}: only a thread of a model can wait for another`);
  }
  if (kind === "wait") {
    if (old !== (step.first | 0)) return "not-equal";
    if (step.second !== Infinity) return "timed-out";
    throw new Error(
      `Cannot wait on the word at ${address}: outside the threads of a model nobody can notify`,
    );
  }
  const pages = memory.at(PAGE_COUNT).value;
  if (address !== PAGE_COUNT && (address % 4 !== 0 || address >= pages * 65536)) {
    throw new RangeError(`Cannot ${kind} the word at ${address}: the heap has ${pages} pages`);
  }
  const value = written(step, old);
  if (value !== undefined) memory.write(address, value);
  return given(step, old);
}
