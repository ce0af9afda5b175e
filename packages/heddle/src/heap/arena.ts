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
import { HeapFullError, type Pages } from "./heap.ts";
import {
  ARENA,
  BACK,
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
import { PageRing } from "./page-ring.ts";
import { CLASS_BYTES, classFor, LARGEST_CLASS_BYTES } from "./size-classes.ts";
import { Spans } from "./spans.ts";

/** At so many full pages of a class it looks for blocks that came back, before it adds a page. */
const LOOKS = 8;

/** An arena with fewer pages (4 MiB) is not searched for empty ones. */
const FIRST_RECLAIM = 64;

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
 * - I1: `local`, `fresh`, `used`, `link` and `back` of a page are touched only by the lessee of its arena.
 * - I2: onto `remote` others only push, and the owner takes the whole list by one exchange: no ABA.
 * - I3: each change commits by its last write. A thread that dies in the middle loses at most the block it was
 *   moving, the page it was adding or giving back, or what had come back to one page; that page may count a block
 *   as used for ever. The next lessee finds every list whole.
 * - I4: a page goes back to the spans only with `used` 0, that is with no block outside its lists.
 *
 * Ordering: a block's content passes with whatever carries its address to the other thread.
 * Progress: lock-free. `allocate` and `free` of a block of one's own mostly take no atomic instruction.
 */
export class Arena {
  /** Its number in the table of arenas. */
  readonly index: number;
  readonly #pages: Pages;
  readonly #spans: Spans;
  /** The page that blocks of a class are taken from, by class; 0 for none. */
  readonly #current: number[] = CLASS_BYTES.map(() => 0);
  /** The other pages with blocks of a class: those that were once found full. */
  readonly #others: PageRing[] = CLASS_BYTES.map(() => new PageRing());
  #pageCount = 0;
  /** How many pages the arena may have before it looks for empty ones among them. */
  #reclaimAt = FIRST_RECLAIM;

  private constructor(pages: Pages, index: number) {
    this.#pages = pages;
    this.#spans = new Spans(pages);
    this.index = index;
    for (let page = pages.load(firstPageWord(index)) >>> 0, back = 0; page !== 0;) {
      // The thread before may have died with only the links forward in order.
      pages.poke(page + BACK, back);
      this.#others[classFor(pages.peek(page + SIZE))]!.add(page);
      this.#pageCount++;
      back = page;
      page = pages.peek(page + LINK) >>> 0;
    }
  }

  /** Leases a free arena to the calling thread. `token`: not 0, and held by no other thread. */
  static lease(pages: Pages, token: number): Arena {
    for (let index = 0; index < MAX_ARENAS; index++) {
      if (pages.load(leaseWord(index)) !== 0) continue;
      if (pages.compareExchange(leaseWord(index), 0, token) === 0) return new Arena(pages, index);
    }
    throw new Error(`Cannot join the shared heap: ${MAX_ARENAS} threads use it already`);
  }

  /** Takes a block. Throws `HeapFullError` when there is none to be had; then nothing was taken. */
  allocate(sizeBytes: number): number {
    if (sizeBytes > LARGEST_CLASS_BYTES) return this.#allocateSpan(sizeBytes);
    const sizeClass = classFor(sizeBytes);
    const page = this.#current[sizeClass]!;
    if (page !== 0) {
      const block = this.#takeFrom(page);
      if (block !== 0) return block;
    }
    return this.#allocateSlow(sizeClass, sizeBytes);
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

  /** Looks for blocks that came back, and adds a page where there are few. */
  #allocateSlow(sizeClass: number, sizeBytes: number): number {
    const current = this.#current[sizeClass]!;
    if (current !== 0) {
      this.#collect(current);
      const block = this.#takeFrom(current);
      if (block !== 0) return block;
    }
    const others = this.#others[sizeClass]!;
    for (let looks = Math.min(LOOKS, others.size); looks > 0; looks--) {
      const page = others.next();
      if (!this.#hasRoom(page)) continue;
      others.remove(page);
      this.#makeCurrent(sizeClass, page);
      const block = this.#takeFrom(page);
      if (block !== 0) return block;
      this.#collect(page);
      return this.#takeFrom(page);
    }
    const page = this.#addPage(CLASS_BYTES[sizeClass]!, sizeBytes);
    this.#makeCurrent(sizeClass, page);
    return this.#takeFrom(page);
  }

  #hasRoom(page: number): boolean {
    const pages = this.#pages;
    return (
      pages.peek(page + LOCAL) !== 0 ||
      pages.peek(page + FRESH) + pages.peek(page + SIZE) <= PAGE_BYTES ||
      pages.load(page + REMOTE) !== 0
    );
  }

  #makeCurrent(sizeClass: number, page: number): void {
    const before = this.#current[sizeClass]!;
    if (before !== 0) this.#others[sizeClass]!.add(before);
    this.#current[sizeClass] = page;
  }

  /** Moves what other threads freed to the end of the local list. */
  #collect(page: number): void {
    const pages = this.#pages;
    if (pages.load(page + REMOTE) === 0) return;
    let last = page + LOCAL;
    for (let block = pages.peek(last); block !== 0; block = pages.peek(last)) last = block >>> 0;
    // I3. Nothing comes between taking the list and having it.
    const first = pages.exchange(page + REMOTE, 0);
    pages.poke(last, first);
    let count = 0;
    for (let block = first; block !== 0; block = pages.peek(block)) count++;
    this.#returned(page, count);
  }

  #returned(page: number, count: number): void {
    const pages = this.#pages;
    const used = pages.peek(page + USED) - count;
    pages.poke(page + USED, used);
    if (used === 0) this.#retire(page);
  }

  /** I4. Gives an empty page back, unless it is the one that its class takes from. */
  #retire(page: number): void {
    const sizeClass = classFor(this.#pages.peek(page + SIZE));
    if (this.#current[sizeClass] === page) return;
    this.#others[sizeClass]!.remove(page);
    this.#pageCount--;
    this.#unlink(page);
    this.#spans.give(page, 0);
  }

  /** Gives back every page whose blocks have all come back. */
  #reclaim(): void {
    for (const [sizeClass, others] of this.#others.entries()) {
      this.#makeCurrent(sizeClass, 0);
      for (const page of others.all()) {
        if (this.#pages.peek(page + USED) === 0) this.#retire(page);
        else this.#collect(page);
      }
    }
  }

  #addPage(blockBytes: number, sizeBytes: number): number {
    if (this.#pageCount >= this.#reclaimAt) {
      this.#reclaim();
      this.#reclaimAt = Math.max(FIRST_RECLAIM, 2 * this.#pageCount);
    }
    const pages = this.#pages;
    const page = this.#takeSpan(0, sizeBytes);
    const after = pages.load(firstPageWord(this.index)) >>> 0;
    pages.poke(page + ARENA, this.index);
    pages.poke(page + SIZE, blockBytes);
    pages.store(page + LINK, after | 0);
    pages.poke(page + BACK, 0);
    pages.poke(page + LOCAL, 0);
    pages.store(page + REMOTE, 0);
    pages.poke(page + FRESH, PAGE_HEADER_BYTES);
    pages.poke(page + USED, 0);
    pages.store(firstPageWord(this.index), page | 0);
    if (after !== 0) pages.poke(after + BACK, page | 0);
    this.#pageCount++;
    return page;
  }

  /** Takes a page out of the arena's chain, so that the next lessee does not find it. */
  #unlink(page: number): void {
    const pages = this.#pages;
    const after = pages.peek(page + LINK) >>> 0;
    const before = pages.peek(page + BACK) >>> 0;
    pages.store(before === 0 ? firstPageWord(this.index) : before + LINK, after | 0);
    if (after !== 0) pages.poke(after + BACK, before | 0);
  }

  #allocateSpan(sizeBytes: number): number {
    const count = Math.ceil((sizeBytes + PAGE_HEADER_BYTES) / PAGE_BYTES);
    const order = count <= 1 ? 0 : 32 - Math.clz32(count - 1);
    const span = this.#takeSpan(order, sizeBytes);
    this.#pages.poke(span + ARENA, LARGE);
    this.#pages.poke(span + SIZE, order);
    return span + PAGE_HEADER_BYTES;
  }

  #takeSpan(order: number, sizeBytes: number): number {
    let span = this.#spans.take(order);
    if (span === 0) {
      this.#reclaim();
      span = this.#spans.take(order);
    }
    if (span === 0) throw new HeapFullError(sizeBytes, this.#pages.pageLimit * PAGE_BYTES);
    return span;
  }
}
