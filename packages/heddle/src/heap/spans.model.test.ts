/** {@link Spans} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { Delegate } from "./fixtures/delegate.ts";
import { finding, report } from "./fixtures/models.ts";
import { prepare } from "./fixtures/small-heap.ts";
import type { Pages } from "./heap.ts";
import { FRONTIER_WORD, LINK, MAX_ORDER, PAGE_BYTES, spanStack } from "./layout.ts";
import { Spans } from "./spans.ts";

/** What each thread does: takes spans, and gives back the one it has held the longest. */
type Deed = { take: number } | "give";
const TAKE: Deed = { take: 0 };
const TAKE_TWO: Deed = { take: 1 };
const GIVE: Deed = "give";

interface Held {
  readonly span: number;
  readonly order: number;
}

/** Every page of a span is written by its owner, plainly: two owners would race. */
function mark({ span, order }: Held, heap: Pages): void {
  for (let page = 0; page < 2 ** order; page++) {
    heap.poke(span + page * PAGE_BYTES + 4096, heap.peek(span + page * PAGE_BYTES + 4096) + 1);
  }
}

function perform(deeds: readonly Deed[], heap: Pages): Held[] {
  const spans = new Spans(heap);
  const held: Held[] = [];
  for (const deed of deeds) {
    if (deed !== "give") {
      const span = spans.take(deed.take);
      if (span !== 0) held.push({ span, order: deed.take });
    } else {
      const oldest = held.shift();
      if (oldest !== undefined) spans.give(oldest.span, oldest.order);
    }
    for (const one of held) mark(one, heap);
  }
  return held;
}

/** Free spans on the stacks. */
function* freeSpans(heap: Pages): Generator<Held> {
  for (let order = 0; order <= MAX_ORDER; order++) {
    for (let index = heap.load(spanStack(order)) & 0xffff, left = 64; index !== 0; left--) {
      assert.ok(left > 0, "a stack goes round in a circle");
      yield { span: index * PAGE_BYTES, order };
      index = heap.load(index * PAGE_BYTES + LINK) & 0xffff;
    }
  }
}

interface Roles {
  readonly pageLimit: number;
  /** Spans that are free at first, by order; the last one is on top. */
  readonly free: readonly number[];
  readonly threads: readonly (readonly Deed[])[];
  readonly view?: (heap: ModelHeap) => Pages;
  /** How many pages may be nobody's at the end. */
  readonly lost?: number;
}

const within = ({ pageLimit }: Roles) => ({ pageLimit });

function sharing({ free, threads, view = (heap) => heap, lost = 0 }: Roles) {
  return (heap: ModelHeap) => {
    prepare(heap);
    const spans = new Spans(heap);
    const orders = free.map((order) => ({ span: spans.take(order), order }));
    for (const { span, order } of orders) spans.give(span, order);
    return {
      threads: threads.map((deeds) => () => perform(deeds, view(heap))),
      atEnd: (results: readonly unknown[]) => {
        const all = [
          ...(results as (Held[] | undefined)[]).flatMap((held) => held ?? []),
          ...freeSpans(heap),
        ];
        const pages = all.flatMap(({ span, order }) =>
          Array.from({ length: 2 ** order }, (_, page) => span / PAGE_BYTES + page),
        );
        assert.equal(new Set(pages).size, pages.length, "a page is owned twice");
        assert.ok(pages.every((page) => page > 0 && page < heap.load(FRONTIER_WORD)));
        assert.ok(heap.load(FRONTIER_WORD) - 1 - pages.length <= lost, "a page is nobody's");
      },
    };
  };
}

/** The shape of ABA: one is about to pop while the other takes two and gives the first back. */
const ABA: Roles = {
  pageLimit: 6,
  free: [0, 0],
  threads: [
    [TAKE, TAKE],
    [TAKE, TAKE, GIVE],
  ],
};

describe("Spans, every interleaving", () => {
  test("no page is owned twice or lost, when two threads take and give", (context) => {
    report(context, check(sharing(ABA), within(ABA)));
    const longer: Roles = {
      ...ABA,
      threads: [
        [TAKE, GIVE, TAKE],
        [TAKE, TAKE, GIVE, TAKE],
      ],
    };
    report(context, check(sharing(longer), { ...within(longer), preemptions: 4 }));
  });

  test("no page is owned twice or lost, when three threads take and give", (context) => {
    const roles: Roles = { ...ABA, threads: [[TAKE, GIVE], [TAKE, TAKE, GIVE], [TAKE]] };
    report(context, check(sharing(roles), { ...within(roles), preemptions: 4 }));
  });

  test("no page is owned twice or lost, when larger spans are split and the frontier moves", (context) => {
    const roles: Roles = {
      pageLimit: 7,
      free: [1, 0],
      threads: [
        [TAKE, TAKE_TWO],
        [TAKE, TAKE, GIVE],
      ],
    };
    report(context, check(sharing(roles), { ...within(roles), preemptions: 4 }));
  });

  test("the heap grows by what two threads need, and gives nothing beyond its limit", (context) => {
    const roles: Roles = { pageLimit: 4, free: [], threads: [[TAKE, TAKE], [TAKE_TWO]] };
    report(context, check(sharing(roles), within(roles)));
  });

  test("a thread killed at any step loses the span that it was moving, and no more", (context) => {
    const roles: Roles = {
      pageLimit: 7,
      free: [1, 0],
      threads: [
        [TAKE, GIVE, TAKE],
        [TAKE, TAKE],
      ],
      lost: 2,
    };
    report(context, check(sharing(roles), { ...within(roles), mortal: [0], preemptions: 3 }));
  });
});

describe("Spans with a planted bug", () => {
  const isStack = (address: number): boolean => address >= spanStack(0) && address <= spanStack(MAX_ORDER);

  class WithoutTag extends Delegate {
    override compareExchange(address: number, expected: number, replacement: number): number {
      const mask = isStack(address) ? 0xffff : -1;
      return super.compareExchange(address, expected & mask, replacement & mask);
    }
  }

  class InTwoSteps extends Delegate {
    override compareExchange(address: number, expected: number, replacement: number): number {
      const now = this.load(address);
      if (now === expected) this.store(address, replacement);
      return now;
    }
  }

  class LinksTooLate extends Delegate {
    readonly #links = new Map<number, number>();

    override store(address: number, value: number): void {
      if (address % PAGE_BYTES === LINK) this.#links.set(address, value);
      else super.store(address, value);
    }
    override compareExchange(address: number, expected: number, replacement: number): number {
      const now = super.compareExchange(address, expected, replacement);
      for (const [link, value] of this.#links) super.store(link, value);
      this.#links.clear();
      return now;
    }
  }

  test("is found: a stack without a tag (ABA)", () => {
    const roles: Roles = { ...ABA, view: (heap) => new WithoutTag(heap) };
    assert.equal(finding(sharing(roles), { ...within(roles), preemptions: 2 }), "data race");
  });

  test("is found: a pop or push in two steps", () => {
    const roles: Roles = { ...ABA, view: (heap) => new InTwoSteps(heap) };
    assert.equal(finding(sharing(roles), { ...within(roles), preemptions: 2 }), "data race");
  });

  test("is found: a link that is written after the push", () => {
    const roles: Roles = {
      ...ABA,
      threads: [
        [TAKE, TAKE, GIVE],
        [TAKE, TAKE],
      ],
      view: (heap) => new LinksTooLate(heap),
    };
    assert.equal(finding(sharing(roles), { ...within(roles), preemptions: 2 }), "data race");
  });
});
