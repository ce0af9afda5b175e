/** {@link ReadWriteLockCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { ObjectKind } from "./object-kinds.ts";
import { FROM_THE_DEAD } from "./lock-words.ts";
import { type Hold, ReadWriteLockCore, reclaimWrite } from "./read-write-lock-core.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { Monitor } from "./waiting/monitor.ts";

const LOCK = OBJECTS;
const STATE = LOCK + 16;
/** Where the entries of the threads stand. */
const ENTRIES = OBJECTS + 1024;
/** Written by who writes, read by who reads: races tell of both at once. */
const DATA = OBJECTS + 256;
const WRITES = OBJECTS + 260;

registerReclaim(ObjectKind.READ_WRITE_LOCK, reclaimWrite);

type Kind = new (monitor: Monitor, object: number, allocate: () => number) => ReadWriteLockCore;

interface Turn {
  readonly to: "read" | "write";
  readonly timeoutMs?: number;
  /** Never waits. */
  readonly tries?: boolean;
  /** Reads before it has released what it wrote. */
  readonly readsOn?: boolean;
}

function turns(heap: ModelHeap, kind: Kind, seat: number, list: readonly Turn[]) {
  return (): number => {
    const { monitor, waits } = sitDown(heap, seat);
    const lock = new kind(monitor, LOCK, () => ENTRIES + 64 * seat);
    const wait = (turn: Turn): Hold => {
      const isRead = turn.to === "read";
      const hold = isRead ? lock.tryRead() : lock.tryWrite();
      if (hold !== 0 || turn.tries === true) return hold;
      try {
        return waits.block(isRead ? lock.reading : lock.writing, isRead ? lock.entry : 0, turn);
      } catch (error) {
        if (error instanceof TimeoutError) return 0;
        throw error;
      }
    };
    const look = (): void => {
      const before = heap.peek(DATA);
      assert.equal(heap.peek(DATA), before);
    };
    let writes = 0;
    for (const turn of list) {
      const hold = wait(turn);
      if (hold === 0) continue;
      if (turn.to === "read") {
        look();
        lock.releaseRead(hold);
        continue;
      }
      writes++;
      // After a death the lock protects what the dead has left, which is for its users to mend.
      if ((hold & FROM_THE_DEAD) === 0) assert.equal(heap.peek(DATA), heap.peek(WRITES), "half written");
      const next = heap.peek(WRITES) + 1;
      heap.poke(WRITES, next);
      heap.poke(DATA, next);
      if (turn.readsOn !== true) {
        lock.releaseWrite();
        continue;
      }
      const read = lock.tryRead(true);
      lock.releaseWrite();
      assert.equal(heap.peek(DATA), next, "somebody else has written");
      lock.releaseRead(read);
    }
    return writes;
  };
}

function sharing(lists: readonly (readonly Turn[])[], kind: Kind = ReadWriteLockCore, mortal?: number) {
  return (heap: ModelHeap) => {
    heap.name(LOCK + 8, "gate");
    heap.name(STATE, "state");
    heap.poke(LOCK, ObjectKind.READ_WRITE_LOCK);
    seatThreads(heap, lists.length + 1);
    const threads: (() => unknown)[] = lists.map((list, seat) => turns(heap, kind, seat, list));
    if (mortal !== undefined) threads.push(undertaker(heap, lists.length, mortal));
    return {
      threads,
      atEnd: (results: readonly unknown[]) => {
        const last = new ReadWriteLockCore(sitDown(heap, lists.length).monitor, LOCK, () => ENTRIES + 512);
        assert.deepEqual([last.readers.all, last.writer, last.waiters], [0, 0, 0]);
        assert.ok(last.tryWrite() !== 0, "it is not free at the end");
        if (mortal !== undefined) return;
        assert.equal(
          heap.peek(DATA),
          (results as number[]).reduce((sum, writes) => sum + writes, 0),
        );
      },
    };
  };
}

const read: Turn = { to: "read" };
const write: Turn = { to: "write" };

describe("ReadWriteLockCore, every interleaving", () => {
  test("lets nobody read what somebody writes, with two threads", (context) => {
    report(context, check(sharing([[read], [write]]), { ...MODEL, preemptions: 4 }));
    report(context, check(sharing([[write], [write]]), { ...MODEL, preemptions: 4 }));
    report(
      context,
      check(
        sharing([
          [read, write],
          [write, read],
        ]),
        { ...MODEL, preemptions: 2 },
      ),
    );
  });

  test("the same with three threads", (context) => {
    report(context, check(sharing([[read], [write], [read]]), { ...MODEL, preemptions: 2 }));
    report(context, check(sharing([[write], [write], [read]]), { ...MODEL, preemptions: 2 }));
  });

  test("who never waits leaves nothing behind that makes others wait", (context) => {
    const lists = [
      [read, read],
      [
        { ...write, tries: true },
        { ...read, tries: true },
      ],
    ];
    report(context, check(sharing(lists), { ...MODEL, preemptions: 3 }));
  });

  test("a wait that times out lets those go on who stand behind", (context) => {
    const lists = [[read], [{ ...write, timeoutMs: 1 }], [read]];
    report(context, check(sharing(lists), { ...MODEL, preemptions: 2 }));
  });

  test("who writes reads on, and nobody writes in between", (context) => {
    const lists = [[{ ...write, readsOn: true }], [write], [read]];
    report(context, check(sharing(lists), { ...MODEL, preemptions: 2 }));
  });

  for (const [what, turn] of [
    ["reads", read],
    ["writes", write],
  ] as const) {
    test(`goes on when one who ${what}, or waits for that, is killed at any step`, (context) => {
      const racy = { racy: (address: number) => address === DATA || address === WRITES };
      const options = { ...MODEL, ...racy, mortal: [1], preemptions: 2 };
      report(context, check(sharing([[write], [turn]], ReadWriteLockCore, 1), options));
      report(context, check(sharing([[read, read], [turn]], ReadWriteLockCore, 1), options));
    });
  }
});

describe("ReadWriteLockCore with a planted bug", () => {
  class Open extends ReadWriteLockCore {
    readonly monitor: Monitor;

    constructor(monitor: Monitor, object: number, allocate: () => number) {
      super(monitor, object, allocate);
      this.monitor = monitor;
    }
  }

  class LooksBeforeItCounts extends Open {
    override tryRead(): Hold {
      const { words } = this.monitor;
      if (words.load(STATE) !== 0) return 0;
      words.store(this.entry + 8, words.peek(this.entry + 8) + 1);
      return 1;
    }
  }

  class ReadsPastTheWriter extends Open {
    override tryRead(): Hold {
      return super.tryRead(true);
    }
  }

  class WritesPastTheReaders extends Open {
    override tryWrite(): Hold {
      const { words, identity } = this.monitor;
      return words.compareExchange(STATE, 0, (identity << 2) | 1) === 0 ? 1 : 0;
    }
  }

  class ReadersLeaveSilently extends Open {
    override releaseRead(): void {
      this.monitor.words.store(this.entry + 8, 0);
    }
  }

  class WritersLeaveSilently extends Open {
    override releaseWrite(): void {
      this.monitor.words.store(STATE, 0);
    }
  }

  const lists = [[read], [write]];
  const bugs: [name: string, kind: Kind, found: string][] = [
    ["a look before counting", LooksBeforeItCounts, "data race"],
    ["reading while somebody writes", ReadsPastTheWriter, "data race"],
    ["writing while somebody reads", WritesPastTheReaders, "data race"],
    ["a reader that leaves without a word", ReadersLeaveSilently, "deadlock"],
    ["a writer that leaves without a word", WritersLeaveSilently, "deadlock"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding(sharing(lists, kind), { ...MODEL, preemptions: 3 }), found);
    });
  }
});
