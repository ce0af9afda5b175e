/**
 * What a step does to the memory of a model, and what its thread learns by it.
 *
 * @packageDocumentation
 */
import {
  assertInBlock,
  assertIsBlock,
  blockAt,
  FIRST_BLOCK,
  freeSlot,
  headerFor,
  headerOf,
  isZeroed,
  regionOf,
  regionWord,
  sizeIn,
} from "./blocks.ts";
import { type Access, type Clock, later, racesWith, tick, type Times, touched, UNTOUCHED } from "./clocks.ts";
import { Finding } from "./finding.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Memory, mix, PAGE_COUNT, type Word, ZERO } from "./memory.ts";
import { given, isPlain, type Step, type StepResult, written } from "./steps.ts";
import type { ThreadState } from "./thread-state.ts";

export interface Effect {
  readonly result: StepResult;
  /** What the thread knows then. */
  readonly clock: Clock;
  readonly seen: number;
  /** Whether a word holds another value than before. */
  readonly changes: boolean;
}

export interface EffectOptions {
  /** Whether a plain access to this word may race: it then counts as a step that others may come between. */
  readonly racy: (address: number) => boolean;
  /** Whether blocks that were given back are taken again. */
  readonly reuse: boolean;
}

export class Effects {
  readonly #memory: Memory;
  readonly #knowledge: Knowledge;
  readonly #options: EffectOptions;

  constructor(memory: Memory, knowledge: Knowledge, options: EffectOptions) {
    this.#memory = memory;
    this.#knowledge = knowledge;
    this.#options = options;
  }

  /** A read or write of a word, atomic or plain. */
  access(thread: number, state: ThreadState, step: Step): Effect {
    const { address } = step;
    const { racy } = this.#options;
    const reads = step.kind !== "store" && step.kind !== "poke";
    const word = this.#word(address, reads, step);
    const value = written(step, word.value);
    const writes = value !== undefined;
    const plain = isPlain(step.kind);
    const ordered = plain && !racy(address);
    if (ordered) this.#knowledge.accessPlainly(address);
    else this.#knowledge.touch(address, thread, writes);

    let { clock, seen } = state;
    if (reads && !plain) {
      clock = later(clock, word.released);
      seen = this.learn(seen, word.origin);
    }
    const times =
      plain && !ordered ? word.times : this.#order(step, word, { thread, plain, reads, writes }, clock);
    if (!writes) {
      if (times !== word.times) this.#memory.put(address, { ...word, times });
    } else {
      const origin = this.learn(state.seen, state.node.id);
      const released = plain || !this.#knowledge.hasPlain ? undefined : clock;
      this.#memory.put(address, { value, origin, released, times });
      if (released !== undefined) clock = tick(clock, thread);
    }
    return { result: given(step, word.value), clock, seen, changes: writes && value !== word.value };
  }

  /** Takes a block. Its words begin as if the thread had written all of them plainly. */
  allocate(thread: number, state: ThreadState, step: Step): Effect {
    this.#touchRegion(thread, thread);
    const slot = freeSlot(this.#memory, thread, step.first, this.#options.reuse);
    const before = this.#memory.at(slot);
    // As an allocator hands them on, what was done to a block before it was given back happened before.
    const clock = later(state.clock, before.released);
    const seen = this.learn(state.seen, before.origin);
    const access = { thread, plain: true, reads: false, writes: true };
    this.#memory.put(slot, {
      value: headerFor(step.first, step.second === 1),
      origin: this.learn(seen, state.node.id),
      released: undefined,
      times: touched(UNTOUCHED, access, clock),
    });
    return { result: blockAt(slot), clock, seen, changes: false };
  }

  /** Gives a block back: that counts as a plain write to all its words. */
  free(thread: number, state: ThreadState, step: Step): Effect {
    assertIsBlock(this.#memory, step.address, "free");
    this.#touchRegion(regionOf(step.address), thread);
    const slot = headerOf(step.address);
    const header = this.#memory.at(slot);
    const size = sizeIn(header.value);
    const access = { thread, plain: true, reads: false, writes: true };
    for (let address = step.address; address < step.address + size; address += 4) {
      if (this.#options.racy(address)) continue;
      this.#knowledge.accessPlainly(address);
      const other = racesWith((this.#memory.get(address) ?? header).times, access, state.clock);
      if (other >= 0) {
        throw new Finding(
          "use after free",
          `thread ${thread} gives back a block while thread ${other} may still access its word at ${address - step.address}`,
        );
      }
    }
    for (let address = step.address; address < step.address + size; address += 4)
      this.#memory.remove(address);
    const origin = this.learn(state.seen, state.node.id);
    this.#memory.put(slot, { value: -size, origin, released: state.clock, times: UNTOUCHED });
    return { result: undefined, clock: tick(state.clock, thread), seen: state.seen, changes: false };
  }

  measure({ clock, seen }: ThreadState, step: Step): Effect {
    assertIsBlock(this.#memory, step.address, "measure");
    return { result: sizeIn(this.#memory.at(headerOf(step.address)).value), clock, seen, changes: false };
  }

  /** Which block a thread gets depends on what was given back before, if that is taken again at all. */
  #touchRegion(region: number, thread: number): void {
    this.#knowledge.usePlain();
    if (this.#options.reuse) this.#knowledge.touch(regionWord(region), thread, true);
  }

  learn(seen: number, origin: number): number {
    return this.#knowledge.hasPlain ? mix(seen, origin) : 0;
  }

  /** The clock of a thread after it has let others know what it knew. */
  released(clock: Clock, thread: number): Clock {
    return this.#knowledge.hasPlain ? tick(clock, thread) : clock;
  }

  #word(address: number, reads: boolean, step: Step): Word {
    if (this.#memory.hasBlocks && address >= FIRST_BLOCK) return this.#wordOfBlock(address, reads, step);
    if (address >= 0) {
      const pages = this.#memory.at(PAGE_COUNT).value;
      if (address % 4 !== 0 || address >= pages * 65536) {
        throw new Finding("stray access", `there is no word at ${address}: the heap has ${pages} pages`);
      }
    }
    return this.#memory.at(address);
  }

  #wordOfBlock(address: number, reads: boolean, step: Step): Word {
    assertInBlock(this.#memory, address);
    const word = this.#memory.get(address);
    if (word !== undefined) return word;
    const header = this.#memory.at(headerOf(address));
    if (reads && !isZeroed(header.value)) {
      throw new Finding(
        "unwritten word",
        `the ${step.kind} reads a word of a new block before it is written`,
      );
    }
    return { ...ZERO, origin: header.origin, times: header.times };
  }

  /** The times of a word after an access that races with none before. Words that nobody accesses plainly have none. */
  #order(step: Step, word: Word, access: Access, clock: Clock): Times {
    if (!this.#knowledge.isPlain(step.address)) return word.times;
    const other = racesWith(word.times, access, clock);
    if (other < 0) return touched(word.times, access, clock);
    throw new Finding(
      "data race",
      `the ${step.kind} by thread ${access.thread} and an access by thread ${other} to the same word, ` +
        `${step.address}, can happen at the same time, and one of the two is plain`,
    );
  }
}
