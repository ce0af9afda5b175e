/** {@link WorkerFlow} and {@link OwnerFlow} under every interleaving, with a slot that goes to and fro through a done list. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DoneList, type Words } from "#heap";
import { check, type ModelHeap } from "@heddle/testing";
import { finding, report } from "../../heap/fixtures/models.ts";
import { OwnerFlow, WorkerFlow } from "./stream-flow.ts";

const LIST = 0;
const FLOW = 64;
/** The slot: its link, which value the batch begins with, how many it has, and whether the call is finished. */
const SLOT = 128;
const FIRST = SLOT + 4;
const COUNT = SLOT + 8;
const FINISHED = SLOT + 12;
/** What the reader has read, for all to see; and at the end. */
const READ = 192;
const ASLEEP = 1;

interface Roles {
  readonly values: number;
  readonly capacity: number;
  /** The reader leaves after so many. */
  readonly leavesAfter?: number;
  readonly bug?: keyof typeof bugs;
}

const bugs = {
  "the owner acknowledges before it has read the slot": "data race",
  "the owner does not ring": "lost wake-up",
  "the owner gives one credit too many": "assertion",
  "the worker waits for what it looks at after it has decided to": "deadlock",
  "the worker writes the slot without an acknowledgement": "assertion",
  "the worker finishes without an acknowledgement": "assertion",
} as const;

function streaming({ values, capacity, leavesAfter = Infinity, bug }: Roles) {
  const has = (name: keyof typeof bugs): boolean => bug === name;
  return (heap: ModelHeap) => {
    heap.name(LIST, "done list");
    heap.name(FLOW, "flow");
    const worker = (): void => {
      const flow = new WorkerFlow(heap, FLOW);
      const done = new DoneList(heap, LIST);
      const send = (first: number, count: number): void => {
        heap.poke(FIRST, first);
        heap.poke(COUNT, count);
        flow.noteHandOver();
        done.push(SLOT);
      };
      const until = (isSo: () => boolean): void => {
        for (;;) {
          const seen = flow.word;
          if (isSo()) return;
          // F3.
          heap.wait(
            FLOW,
            has("the worker waits for what it looks at after it has decided to") ? flow.word : seen,
          );
        }
      };
      send(1, 0);
      until(() => flow.isFree);
      let first = 1;
      let next = 1;
      const flush = (): void => {
        if (first === next || flow.isLeft) return;
        if (!flow.isFree && !has("the worker writes the slot without an acknowledgement")) return;
        send(first, next - first);
        first = next;
      };
      while (next <= values) {
        until(() => {
          flush();
          return flow.isLeft || flow.room > 0;
        });
        if (flow.isLeft) break;
        flow.noteYield();
        assert.ok(next - heap.load(READ) <= capacity, "too many values are unread");
        next++;
        flush();
      }
      until(() => flow.isFree);
      flush();
      if (!has("the worker finishes without an acknowledgement")) until(() => flow.isFree);
      assert.equal(heap.peek(SLOT), 0, "the slot is still in the list");
      heap.poke(FINISHED, 1);
      done.push(SLOT);
    };
    const silent = {
      store: (at: number, value: number) => heap.store(at, value),
      notify: () => 0,
    } as unknown as Words;
    const owner = (): void => {
      const flow = new OwnerFlow(
        has("the owner does not ring") ? silent : heap,
        FLOW,
        has("the owner gives one credit too many") ? capacity + 1 : capacity,
      );
      const list = new DoneList(heap, LIST);
      let read = 0;
      for (;;) {
        if (list.takeAll() === 0) {
          if (list.trySleep()) heap.wait(LIST, ASLEEP);
          list.awake();
          continue;
        }
        if (has("the owner acknowledges before it has read the slot")) flow.acknowledge();
        if (heap.peek(FINISHED) === 1) break;
        const [first, count] = [heap.peek(FIRST), heap.peek(COUNT)];
        if (!has("the owner acknowledges before it has read the slot")) flow.acknowledge();
        for (let value = first; value < first + count && read < leavesAfter; value++) {
          assert.equal(value, read + 1, "not in order");
          heap.store(READ, ++read);
          if (read === leavesAfter) flow.leave();
          else if (flow.noteRead()) flow.grant();
        }
      }
      assert.equal(read, Math.min(values, leavesAfter), "not all were read");
    };
    return { threads: [worker, owner] };
  };
}

describe("a stream's flow, every interleaving", () => {
  test("loses no value and no wake, keeps order, and goes no further than its reader", (context) => {
    report(context, check(streaming({ values: 2, capacity: 1 }), { preemptions: 3 }));
    report(context, check(streaming({ values: 3, capacity: 2 }), { preemptions: 2 }));
    report(context, check(streaming({ values: 4, capacity: 3 }), { preemptions: 2 }));
  });

  test("ends for both when the reader leaves, wherever the worker is", (context) => {
    report(context, check(streaming({ values: 3, capacity: 1, leavesAfter: 1 }), { preemptions: 3 }));
    report(context, check(streaming({ values: 4, capacity: 2, leavesAfter: 2 }), { preemptions: 2 }));
  });

  test("the same in random schedules of longer runs", () => {
    check(streaming({ values: 9, capacity: 3 }), { random: 500, depth: 5 });
    check(streaming({ values: 9, capacity: 4, leavesAfter: 6 }), { random: 500, depth: 5 });
  });
});

describe("a stream's flow with a planted bug", () => {
  for (const [bug, found] of Object.entries(bugs) as [keyof typeof bugs, string][]) {
    test(`is found: ${bug}`, () => {
      assert.equal(finding(streaming({ values: 3, capacity: 2, bug }), { preemptions: 3 }), found);
    });
  }
});
