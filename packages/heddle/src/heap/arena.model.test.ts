/** {@link Arena} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { Arena } from "./arena.ts";
import { audit } from "./fixtures/audit.ts";
import { Delegate } from "./fixtures/delegate.ts";
import { finding, report } from "./fixtures/models.ts";
import { prepare } from "./fixtures/small-heap.ts";
import type { Pages } from "./heap.ts";
import { FRESH, leaseWord, LINK, LOCAL, PAGE_BYTES, REMOTE, USED } from "./layout.ts";

/** Blocks of this size stand three to a page. */
const THIRD = 16384;

/** Words by which threads pass blocks on. */
const BOXES = [49152, 49216];

/**
 * - a number: allocate so many bytes
 * - free: give back the block held the longest
 * - put, get: pass that block on to another thread through a box, and get one, if there is one
 */
type Deed = number | "free" | { put: number } | { get: number };

/** Holds blocks, and writes in them, plainly: two holders would race. */
class Holder {
  readonly #arena: Arena;
  readonly #heap: Pages;
  readonly held: number[] = [];

  constructor(arena: Arena, heap: Pages) {
    this.#arena = arena;
    this.#heap = heap;
  }

  perform(deed: Deed): void {
    if (typeof deed === "number") this.#hold(this.#arena.allocate(deed));
    else if (deed === "free") {
      const block = this.held.shift();
      if (block !== undefined) this.#arena.free(block);
    } else if ("put" in deed) {
      const block = this.held.shift();
      if (block !== undefined) this.#heap.store(BOXES[deed.put]!, block);
    } else {
      const block = this.#heap.exchange(BOXES[deed.get]!, 0);
      if (block !== 0) this.#hold(block);
    }
  }

  #hold(block: number): void {
    this.held.push(block);
    for (const offset of [0, 4, THIRD - 4]) this.#heap.poke(block + offset, block);
  }
}

interface Roles {
  readonly threads: readonly (readonly Deed[])[];
  readonly view?: (heap: ModelHeap) => Pages;
  /** What another thread does with the arena of thread 0, once that has ended or was killed. */
  readonly heir?: readonly Deed[];
}

const OPTIONS = { pageCount: 8 };

function sharing({ threads, view = (heap) => heap, heir }: Roles) {
  return (heap: ModelHeap) => {
    prepare(heap);
    for (const [index, box] of BOXES.entries()) heap.name(box, `box ${index}`);
    const live = (token: number, deeds: readonly Deed[]): number[] => {
      const pages = view(heap);
      const holder = new Holder(Arena.lease(pages, token), pages);
      for (const deed of deeds) holder.perform(deed);
      return holder.held;
    };
    const inherit = (): unknown => {
      const end = heap.join(0);
      // As whoever settles the end of a thread does it, but only where the lease can be.
      for (const index of threads.keys()) heap.compareExchange(leaseWord(index), 1, 0);
      return { end, held: live(9, heir!) };
    };
    return {
      threads: [...threads.map((deeds, index) => () => live(index + 1, deeds)), ...(heir ? [inherit] : [])],
      atEnd: (results: readonly unknown[]) => {
        const inherited = heir && (results.at(-1) as { end: string; held: number[] });
        const lived = results.slice(0, threads.length) as (number[] | undefined)[];
        const passed = BOXES.map((box) => heap.load(box)).filter((block) => block !== 0);
        const held = [...lived.flatMap((blocks) => blocks ?? []), ...(inherited?.held ?? []), ...passed];
        audit(heap, { held, arenas: threads.length + 1, died: inherited?.end === "killed" });
      },
    };
  };
}

/** One allocates through several pages, and the other frees blocks of the first, which then come back. */
const REMOTE_FREES: Roles = {
  threads: [
    [THIRD, { put: 0 }, THIRD, { put: 1 }, THIRD, THIRD, THIRD],
    [{ get: 0 }, "free", { get: 1 }, "free", THIRD],
  ],
};

/** A page empties: its last block comes back from another thread while its owner gives back the others. */
const RETIRING: Roles = {
  threads: [
    [THIRD, THIRD, THIRD, THIRD, { put: 0 }, "free", "free", THIRD, THIRD, THIRD],
    [{ get: 0 }, "free", THIRD, THIRD],
  ],
};

/** Both give back what the other took. */
const EXCHANGING: Roles = {
  threads: [
    [THIRD, { put: 0 }, { get: 1 }, "free", THIRD],
    [THIRD, { put: 1 }, { get: 0 }, "free", THIRD],
  ],
};

/** Two free blocks of a third at the same time, while it looks for blocks that came back. */
const THREE: Roles = {
  threads: [
    [THIRD, THIRD, THIRD, { put: 0 }, { put: 1 }, THIRD, THIRD],
    [{ get: 0 }, "free"],
    [{ get: 1 }, "free"],
  ],
};

/** The first may be killed anywhere; another takes its arena over while a third gives blocks of it back. */
const DYING: Roles = {
  threads: [
    [THIRD, THIRD, THIRD, { put: 0 }, THIRD, "free", "free", THIRD, THIRD],
    [{ get: 0 }, "free"],
  ],
  heir: [THIRD, THIRD, THIRD, "free", THIRD, "free"],
};

describe("Arena, every interleaving", () => {
  const models: [name: string, roles: Roles, preemptions: number][] = [
    ["no block overlaps another, and those that others free come back", REMOTE_FREES, Infinity],
    ["a page is given back only when no block of it is outside", RETIRING, Infinity],
    ["two threads give back each other's blocks", EXCHANGING, Infinity],
    ["two threads give blocks back to a third at once", THREE, 3],
  ];
  for (const [name, roles, preemptions] of models) {
    test(name, (context) => report(context, check(sharing(roles), { ...OPTIONS, preemptions })));
  }

  test("a released arena passes whole to the next thread", (context) => {
    report(context, check(sharing(DYING), { ...OPTIONS, preemptions: 3 }));
  });

  test("the arena of a thread killed at any step can be taken over, and nothing is owned twice", (context) => {
    report(context, check(sharing(DYING), { ...OPTIONS, mortal: [0], preemptions: 2 }));
  });

  test("one that frees blocks of others may be killed at any step", (context) => {
    const roles: Roles = { threads: [[{ get: 0 }, "free", THIRD], REMOTE_FREES.threads[0]!], heir: [THIRD] };
    report(context, check(sharing(roles), { ...OPTIONS, mortal: [0], preemptions: 2 }));
  });

  test("the same in random schedules", () => {
    for (const [, roles] of models) check(sharing(roles), { ...OPTIONS, random: 300, depth: 5 });
    check(sharing(DYING), { ...OPTIONS, mortal: [0], random: 1000, depth: 5 });
  });
});

describe("Arena with a planted bug", () => {
  const isRemote = (address: number): boolean => address >= PAGE_BYTES && address % PAGE_BYTES === REMOTE;

  class PushesInTwoSteps extends Delegate {
    override compareExchange(address: number, expected: number, replacement: number): number {
      if (!isRemote(address)) return super.compareExchange(address, expected, replacement);
      const now = this.load(address);
      if (now === expected) this.store(address, replacement);
      return now;
    }
  }

  class CollectsInTwoSteps extends Delegate {
    override exchange(address: number, value: number): number {
      if (!isRemote(address)) return super.exchange(address, value);
      const now = this.load(address);
      this.store(address, value);
      return now;
    }
  }

  /** A page seems empty while one of its blocks is outside. */
  class CountsTooLittle extends Delegate {
    override poke(address: number, value: number): void {
      const isUsed = address >= PAGE_BYTES && address % PAGE_BYTES === USED;
      super.poke(address, isUsed && value === 1 && this.peek(address) === 2 ? 0 : value);
    }
  }

  class LeasesInTwoSteps extends Delegate {
    override compareExchange(address: number, expected: number, replacement: number): number {
      if (address !== leaseWord(0)) return super.compareExchange(address, expected, replacement);
      const now = this.load(address);
      if (now === expected) this.store(address, replacement);
      return now;
    }
  }

  /** A block leaves before it is counted. */
  class CountsTooLate extends Delegate {
    #count: [address: number, value: number] | undefined;

    override poke(address: number, value: number): void {
      const word = address < PAGE_BYTES ? 0 : address % PAGE_BYTES;
      if (word === USED && value > this.peek(address)) this.#count = [address, value];
      else super.poke(address, value);
      if ((word !== LOCAL && word !== FRESH) || this.#count === undefined) return;
      super.poke(...this.#count);
      this.#count = undefined;
    }
  }

  /** A page stands in the chain before it is linked to the others. */
  class LinksTooLate extends Delegate {
    #link: [address: number, value: number] | undefined;

    override store(address: number, value: number): void {
      if (address >= PAGE_BYTES && address % PAGE_BYTES === LINK) {
        this.#link = [address, value];
        super.store(address, 0);
      } else super.store(address, value);
      if (address >= PAGE_BYTES || this.#link === undefined) return;
      super.store(...this.#link);
      this.#link = undefined;
    }
  }

  const found = (roles: Roles, view: (heap: ModelHeap) => Pages): string =>
    finding(sharing({ ...roles, view }), { ...OPTIONS, preemptions: 2 });

  test("is found: a block that two threads give back in two steps", () => {
    assert.equal(
      found(THREE, (heap) => new PushesInTwoSteps(heap)),
      "assertion",
    );
  });

  test("is found: an owner that takes what came back in two steps", () => {
    assert.equal(
      found(THREE, (heap) => new CollectsInTwoSteps(heap)),
      "assertion",
    );
  });

  test("is found: a page given back with a block outside", () => {
    assert.notEqual(
      found(RETIRING, (heap) => new CountsTooLittle(heap)),
      "nothing",
    );
  });

  test("is found: what a thread that is killed leaves half done", () => {
    const roles: Roles = { ...DYING, threads: [DYING.threads[0]!] };
    for (const kind of [CountsTooLate, LinksTooLate]) {
      const program = sharing({ ...roles, view: (heap) => new kind(heap) });
      assert.equal(finding(program, { ...OPTIONS, preemptions: 0 }), "nothing");
      assert.equal(finding(program, { ...OPTIONS, mortal: [0], preemptions: 0 }), "assertion");
    }
  });

  test("is found: two threads with one arena", () => {
    assert.equal(
      found(EXCHANGING, (heap) => new LeasesInTwoSteps(heap)),
      "data race",
    );
  });
});
