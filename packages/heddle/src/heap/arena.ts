/**
 * Blocks of all sizes, from any thread, without a lock.
 *
 * Source: D. Leijen, B. Zorn, L. de Moura, "Mimalloc: Free List Sharding in Action" (2019): every page
 * has an owner that takes blocks with plain accesses, and a list onto which all others push what they free.
 * Departs from it: the owner is an arena, leased by one thread at a time, so that the pages of a thread that
 * ended, or was terminated, pass whole to the next one.
 *
 * @packageDocumentation
 */
import type { Pages } from "./heap.ts";
import {
  ARENA,
  firstPageWord,
  FRESH,
  LARGE,
  leaseWord,
  LINK,
  LOCAL,
  MAX_ARENAS,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  REMOTE,
  SIZE,
  USED,
} from "./layout.ts";
import { CLASS_BYTES, classFor, LARGEST_CLASS_BYTES } from "./size-classes.ts";
import { Spans } from "./spans.ts";

const PAGE_MASK = ~(PAGE_BYTES - 1);

/** The page, or the first page of the span, that a block lies in. */
const pageOf = (address: number): number => (address & PAGE_MASK) >>> 0;

/**
 * One thread's share of the allocator.
 *
 * ```text
 *            allocate (owner)                    free (owner)
 * fresh ───────────────────────▶ in use ───────────────────────▶ local ──▶ in use
 *                                  │ free (any other thread)        ▲
 *                                  └─────────────▶ remote ──────────┘ collect (owner)
 * ```
 *
 * - I1: `local`, `fresh`, `used` and `link` of a page are touched only by the lessee of its arena.
 * - I2: onto `remote` others only push, and the owner takes the whole list by one exchange: no ABA.
 * - I3: each change commits by its last write, so a thread that dies in the middle loses at most the
 *   block it was moving; the next lessee finds every list whole.
 * - I4: a page goes back to the spans only with `used` 0, that is with no block outside its lists.
 *
 * Ordering: a block's content passes with whatever carries its address to the other thread.
 * Progress: lock-free; `allocate` and `free` of a block of one's own take no atomic instruction.
 */
export class Arena {
  /** Its number in the table of arenas. */
  readonly index: number;
  /** What its lease word holds while this thread has it. */
  readonly token: number;
  readonly #pages: Pages;
  readonly #spans: Spans;
  /** Pages with blocks of one class. The last one is tried first. */
  readonly #pagesOfClass: number[][] = CLASS_BYTES.map(() => []);

  private constructor(pages: Pages, index: number, token: number) {
    this.#pages = pages;
    this.#spans = new Spans(pages);
    this.index = index;
    this.token = token;
    for (let page = pages.load(firstPageWord(index)); page !== 0; page = pages.peek(page + LINK) >>> 0) {
      page >>>= 0;
      this.#pagesOfClass[classFor(pages.peek(page + SIZE))]!.push(page);
    }
  }

  /** Leases a free arena to the calling thread. `token`: not 0, and held by no other thread. */
  static lease(pages: Pages, token: number): Arena {
    for (let index = 0; index < MAX_ARENAS; index++) {
      if (pages.load(leaseWord(index)) !== 0) continue;
      if (pages.compareExchange(leaseWord(index), 0, token) === 0) return new Arena(pages, index, token);
    }
    throw new Error(`Cannot join the shared heap: ${MAX_ARENAS} threads use it already`);
  }

  /** Ends the lease of a thread that runs no more. Doing so twice is harmless. */
  static release(pages: Pages, token: number): void {
    for (let index = 0; index < MAX_ARENAS; index++) {
      if (pages.compareExchange(leaseWord(index), token, 0) === token) return;
    }
  }

  allocate(sizeBytes: number): number {
    if (sizeBytes > LARGEST_CLASS_BYTES) return this.#allocateSpan(sizeBytes);
    const sizeClass = classFor(sizeBytes);
    const list = this.#pagesOfClass[sizeClass]!;
    if (list.length > 0) {
      const block = this.#takeFrom(list[list.length - 1]!);
      if (block !== 0) return block;
    }
    return this.#allocateSlow(sizeClass, list);
  }

  free(address: number): void {
    const pages = this.#pages;
    const page = pageOf(address);
    const arena = pages.peek(page + ARENA);
    if (arena === this.index) {
      pages.poke(address, pages.peek(page + LOCAL));
      pages.poke(page + LOCAL, address);
      this.#returned(page, 1);
    } else if (arena === LARGE) {
      this.#spans.give(page, pages.peek(page + SIZE));
    } else {
      for (;;) {
        const head = pages.load(page + REMOTE);
        pages.poke(address, head);
        // I2.
        if (pages.compareExchange(page + REMOTE, head, address | 0) === head) return;
      }
    }
  }

  blockSize(address: number): number {
    const page = pageOf(address);
    const size = this.#pages.peek(page + SIZE);
    return this.#pages.peek(page + ARENA) === LARGE ? PAGE_BYTES * 2 ** size - PAGE_HEADER_BYTES : size;
  }

  #takeFrom(page: number): number {
    const pages = this.#pages;
    const block = pages.peek(page + LOCAL) >>> 0;
    if (block !== 0) {
      pages.poke(page + USED, pages.peek(page + USED) + 1);
      pages.poke(page + LOCAL, pages.peek(block));
      return block;
    }
    const fresh = pages.peek(page + FRESH);
    const size = pages.peek(page + SIZE);
    if (fresh + size > PAGE_BYTES) return 0;
    pages.poke(page + USED, pages.peek(page + USED) + 1);
    pages.poke(page + FRESH, fresh + size);
    return page + fresh;
  }

  /** Looks for room in the other pages of the class, and adds a page where there is little. */
  #allocateSlow(sizeClass: number, list: number[]): number {
    for (let i = list.length - 1; i >= 0; i--) {
      const page = list[i]!;
      this.#collect(page);
      // A page that had become empty may have left the list.
      if (list[i] !== page) continue;
      const block = this.#takeFrom(page);
      if (block === 0) continue;
      list[i] = list[list.length - 1]!;
      list[list.length - 1] = page;
      return block;
    }
    const page = this.#addPage(CLASS_BYTES[sizeClass]!);
    list.push(page);
    return this.#takeFrom(page);
  }

  /** Moves what other threads freed to the local list. */
  #collect(page: number): void {
    const pages = this.#pages;
    if (pages.load(page + REMOTE) === 0) return;
    const first = pages.exchange(page + REMOTE, 0);
    let count = 1;
    let last = first >>> 0;
    for (let block = pages.peek(last); block !== 0; block = pages.peek(last)) {
      last = block >>> 0;
      count++;
    }
    pages.poke(last, pages.peek(page + LOCAL));
    pages.poke(page + LOCAL, first);
    this.#returned(page, count);
  }

  #returned(page: number, count: number): void {
    const pages = this.#pages;
    const used = pages.peek(page + USED) - count;
    pages.poke(page + USED, used);
    if (used === 0) this.#retire(page);
  }

  /** I4. Gives an empty page back, unless it is the one that its class takes from first. */
  #retire(page: number): void {
    const pages = this.#pages;
    const list = this.#pagesOfClass[classFor(pages.peek(page + SIZE))]!;
    if (list[list.length - 1] === page) return;
    list.splice(list.indexOf(page), 1);
    this.#unlink(page);
    this.#spans.give(page, 0);
  }

  #addPage(blockBytes: number): number {
    const pages = this.#pages;
    const page = this.#spans.take(0);
    pages.poke(page + ARENA, this.index);
    pages.poke(page + SIZE, blockBytes);
    pages.poke(page + LINK, pages.load(firstPageWord(this.index)));
    pages.poke(page + LOCAL, 0);
    pages.store(page + REMOTE, 0);
    pages.poke(page + FRESH, PAGE_HEADER_BYTES);
    pages.poke(page + USED, 0);
    pages.store(firstPageWord(this.index), page | 0);
    return page;
  }

  /** Takes a page out of the arena's chain, so that the next lessee does not find it. */
  #unlink(page: number): void {
    const pages = this.#pages;
    const after = pages.peek(page + LINK);
    let before = pages.load(firstPageWord(this.index)) >>> 0;
    if (before === page) return pages.store(firstPageWord(this.index), after);
    while (pages.peek(before + LINK) >>> 0 !== page) before = pages.peek(before + LINK) >>> 0;
    pages.poke(before + LINK, after);
  }

  #allocateSpan(sizeBytes: number): number {
    const count = Math.ceil((sizeBytes + PAGE_HEADER_BYTES) / PAGE_BYTES);
    const order = count <= 1 ? 0 : 32 - Math.clz32(count - 1);
    const span = this.#spans.take(order);
    this.#pages.poke(span + ARENA, LARGE);
    this.#pages.poke(span + SIZE, order);
    return span + PAGE_HEADER_BYTES;
  }
}
