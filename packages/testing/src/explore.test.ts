/** The explorer against all interleavings, tried one by one without any of its short cuts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { check, ModelHeap } from "./index.ts";

const WORDS = [0, 64, 128];

/**
 * A step of a random program.
 *
 * `if` skips the next step when the word is not 0; `spin` looks, up to `value` + 1 times, until it is not.
 */
interface Command {
  readonly kind: "load" | "store" | "add" | "exchange" | "compareExchange" | "peek" | "poke" | "if" | "spin";
  readonly address: number;
  readonly value: number;
}
type Program = readonly (readonly Command[])[];

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom("load", "store", "add", "exchange", "compareExchange", "peek", "poke", "if"),
  address: fc.constantFrom(...WORDS),
  value: fc.integer({ min: 0, max: 2 }),
});

/** Performs a command, and gives what it saw. */
function perform({ kind, address, value }: Command, heap: ModelHeap): number | undefined {
  if (kind === "spin") return heap.load(address);
  if (kind === "compareExchange") return heap.compareExchange(address, value, value + 1);
  if (kind === "if" || kind === "load" || kind === "peek")
    return heap[kind === "peek" ? "peek" : "load"](address);
  return heap[kind](address, value) ?? undefined;
}

const nextPosition = (position: number, { kind }: Command, seen: number | undefined): number =>
  position + (kind === "if" && seen !== 0 ? 2 : 1);

/** Every command is run at a place of its own in the program: at a depth of its own. */
function run(commands: readonly Command[], heap: ModelHeap, position: number = 0): unknown[] {
  const current = commands[position];
  if (current === undefined) return [];
  let result = perform(current, heap);
  for (let tries = 0; current.kind === "spin" && tries < current.value && result === 0; tries++) {
    heap.pause();
    result = perform(current, heap);
  }
  return [result, ...run(commands, heap, nextPosition(position, current, result))];
}

const contentOf = (heap: ModelHeap): number[] => WORDS.map((address) => heap.load(address));

/** What all schedules with at most so many interruptions can end in, in the most simple-minded way. */
function endsOf(program: Program, preemptions: number, mortal: readonly number[]): Set<string> {
  const ends = new Set<string>();
  const threads = program.map(() => ({ position: 0, tries: 0, seen: [] as unknown[], killed: false }));
  const isOver = (index: number): boolean =>
    threads[index]!.killed || threads[index]!.position >= program[index]!.length;

  const follow = (content: readonly number[], running: number, left: number, kills: number): void => {
    const ready = program.map((_, index) => index).filter((index) => !isOver(index));
    if (ready.length === 0) {
      const results = threads.map((thread) => (thread.killed ? null : thread.seen));
      ends.add(JSON.stringify([results, content]));
    }
    for (const index of ready) {
      const cost = running >= 0 && running !== index && !isOver(running) ? 1 : 0;
      const before = threads[index]!;
      if (kills > 0 && mortal.includes(index)) {
        threads[index] = { ...before, killed: true };
        follow(content, running, left, kills - 1);
        threads[index] = before;
      }
      if (cost > left) continue;
      const heap = new ModelHeap();
      for (const [word, value] of content.entries()) heap.poke(WORDS[word]!, value);
      const current = program[index]![before.position]!;
      const result = perform(current, heap);
      if (current.kind === "spin" && result === 0 && before.tries < current.value) {
        threads[index] = { ...before, tries: before.tries + 1 };
      } else {
        const position = nextPosition(before.position, current, result);
        threads[index] = { ...before, position, tries: 0, seen: [...before.seen, result] };
      }
      follow(contentOf(heap), index, left - cost, kills);
      threads[index] = before;
    }
  };
  follow(
    WORDS.map(() => 0),
    -1,
    preemptions,
    mortal.length > 0 ? 1 : 0,
  );
  return ends;
}

/** The same, by the explorer. */
function exploredEndsOf(program: Program, preemptions: number, mortal: readonly number[]): Set<string> {
  const ends = new Set<string>();
  check(
    (heap) => ({
      threads: program.map((commands) => () => run(commands, heap)),
      atEnd: (results) => ends.add(JSON.stringify([results, contentOf(heap)])),
    }),
    { preemptions, mortal, racy: () => true },
  );
  return ends;
}

const program = fc.array(fc.array(command, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 });

const spin: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant("spin"),
  address: fc.constantFrom(...WORDS),
  value: fc.integer({ min: 1, max: 2 }),
});
const spinning = fc.array(fc.array(fc.oneof(command, spin), { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 2,
});

describe("explore()", () => {
  test("comes to the same ends as all interleavings, although it leaves out turns of a spin that see nothing new", () => {
    fc.assert(
      fc.property(spinning, fc.constantFrom([], [1]), (commands, mortal) => {
        assert.deepEqual(exploredEndsOf(commands, Infinity, mortal), endsOf(commands, Infinity, mortal));
      }),
      { numRuns: 300 },
    );
  });

  test("comes to the same ends as all interleavings, within any bound on interruptions", () => {
    fc.assert(
      fc.property(program, fc.constantFrom(0, 1, 2, Infinity), (commands, preemptions) => {
        assert.deepEqual(exploredEndsOf(commands, preemptions, []), endsOf(commands, preemptions, []));
      }),
      { numRuns: 300 },
    );
  });

  test("comes to the same ends when one thread may be killed at any step", () => {
    fc.assert(
      fc.property(program, fc.constantFrom(1, Infinity), (commands, preemptions) => {
        assert.deepEqual(exploredEndsOf(commands, preemptions, [1]), endsOf(commands, preemptions, [1]));
      }),
      { numRuns: 150 },
    );
  });
});
