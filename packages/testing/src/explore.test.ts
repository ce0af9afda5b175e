/** The explorer against all interleavings, tried one by one without any of its short cuts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { check, ModelHeap } from "./index.ts";

const WORDS = [0, 64, 128];

/** A step of a random program. `if` skips the next step when the word is not 0. */
interface Command {
  readonly kind: "load" | "store" | "add" | "exchange" | "compareExchange" | "peek" | "poke" | "if";
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
  if (kind === "compareExchange") return heap.compareExchange(address, value, value + 1);
  if (kind === "if" || kind === "load" || kind === "peek")
    return heap[kind === "peek" ? "peek" : "load"](address);
  return heap[kind](address, value) ?? undefined;
}

const nextPosition = (position: number, { kind }: Command, seen: number | undefined): number =>
  position + (kind === "if" && seen !== 0 ? 2 : 1);

function run(commands: readonly Command[], heap: ModelHeap): unknown[] {
  const seen: unknown[] = [];
  for (let position = 0; position < commands.length;) {
    const result = perform(commands[position]!, heap);
    seen.push(result);
    position = nextPosition(position, commands[position]!, result);
  }
  return seen;
}

const contentOf = (heap: ModelHeap): number[] => WORDS.map((address) => heap.load(address));

/** What all schedules with at most so many interruptions can end in, in the most simple-minded way. */
function endsOf(program: Program, preemptions: number, mortal: readonly number[]): Set<string> {
  const ends = new Set<string>();
  const threads = program.map(() => ({ position: 0, seen: [] as unknown[], killed: false }));
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
      const position = nextPosition(before.position, current, result);
      threads[index] = { ...before, position, seen: [...before.seen, result] };
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

describe("explore()", () => {
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
