/**
 * Runs of pages, handed out to all threads without a lock.
 *
 * Source: R. K. Treiber, "Systems Programming: Coping with Parallelism" (1986), the stack; the sizes are
 * those of a buddy system that splits but does not merge.
 *
 * @packageDocumentation
 */
import type { Pages } from "./heap.ts";
import { FRONTIER_WORD, LINK, MAX_ORDER, PAGE_BYTES, spanStack } from "./layout.ts";

const INDEX_MASK = 0xffff;
const TAG_STEP = 0x10000;

/**
 * Free spans, one stack per order, over the frontier of pages never used.
 *
 * ```text
 *            take: pop, or split a larger one, or move the frontier
 * free span ────────────────────────────────────────────────────────▶ owned by the taker
 *           ◀────────────────────────────────────────────────────────
 *            give: push
 * ```
 *
 * - I1: a span is owned by the thread whose CAS took it off a stack or moved the frontier past it.
 * - I2: every push and every pop changes the tag, so a CAS that read a stale `link` fails: no ABA, short of
 *   65,536 changes to one stack between two steps of one thread.
 * - I3: a thread that dies between two steps loses at most the span it was moving.
 *
 * Ordering: what was written in a span before it was given happens before what its next owner does.
 * Progress: lock-free. Index 0 means an empty stack: page 0 holds the heap's own words.
 */
export class Spans {
  readonly #pages: Pages;

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  /**
   * Takes 2^order pages in a row.
   *
   * @returns The address of the first; 0 when neither a free span nor the rest of the heap has that many.
   */
  take(order: number): number {
    for (let from = order; from <= MAX_ORDER; from++) {
      const span = this.#pop(from);
      if (span === 0) continue;
      for (let half = from - 1; half >= order; half--) this.give(span + PAGE_BYTES * 2 ** half, half);
      return span;
    }
    return this.#extend(2 ** order);
  }

  /** Gives 2^order pages back. Nothing may point into them any more. */
  give(span: number, order: number): void {
    const pages = this.#pages;
    const stack = spanStack(order);
    const index = span / PAGE_BYTES;
    for (;;) {
      const head = pages.load(stack);
      pages.store(span + LINK, head & INDEX_MASK);
      // I2.
      if (pages.compareExchange(stack, head, next(head, index)) === head) return;
    }
  }

  #pop(order: number): number {
    const pages = this.#pages;
    const stack = spanStack(order);
    for (;;) {
      const head = pages.load(stack);
      const index = head & INDEX_MASK;
      if (index === 0) return 0;
      const span = index * PAGE_BYTES;
      // Another thread may own the span by now and have written anything here: then I2 refuses it.
      const link = pages.load(span + LINK) & INDEX_MASK;
      if (pages.compareExchange(stack, head, next(head, link)) === head) return span;
    }
  }

  #extend(count: number): number {
    const pages = this.#pages;
    for (;;) {
      const frontier = pages.load(FRONTIER_WORD);
      const end = frontier + count;
      if (end > pages.pageLimit || (end > pages.pageCount && !pages.growTo(end))) {
        return 0;
      }
      if (pages.compareExchange(FRONTIER_WORD, frontier, end) === frontier) return frontier * PAGE_BYTES;
    }
  }
}

/** The word after `head`, with another index and the next tag. */
function next(head: number, index: number): number {
  return ((head & ~INDEX_MASK) + TAG_STEP) | index | 0;
}
