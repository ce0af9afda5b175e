/** Pages that one thread goes round, a few at a time. */

/** A set of pages with a place in it: adding, removing and going on take the same time however many there are. */
export class PageRing {
  readonly #pages: number[] = [];
  readonly #positions = new Map<number, number>();
  #next = 0;

  get size(): number {
    return this.#pages.length;
  }

  add(page: number): void {
    this.#positions.set(page, this.#pages.length);
    this.#pages.push(page);
  }

  remove(page: number): void {
    const position = this.#positions.get(page)!;
    const last = this.#pages.pop()!;
    if (last !== page) {
      this.#pages[position] = last;
      this.#positions.set(last, position);
    }
    this.#positions.delete(page);
  }

  /** The page after the one that was given last. There must be one. */
  next(): number {
    if (this.#next >= this.#pages.length) this.#next = 0;
    return this.#pages[this.#next++]!;
  }

  /** All pages, as they are now: they may be removed meanwhile. */
  all(): readonly number[] {
    return [...this.#pages];
  }
}
