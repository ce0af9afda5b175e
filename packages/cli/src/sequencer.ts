/**
 * The order in which finished chunks go out.
 *
 * @packageDocumentation
 */

/** Consecutive items that are done. */
export interface Finished {
  readonly first: number;
  readonly count: number;
  /** Their JSON lines. */
  readonly lines: string;
}

/** What a held chunk costs beside its text. */
const OVERHEAD_BYTES = 200;

/** Passes chunks on as they come, or each only when all items before it have gone. */
export class Sequencer<T extends Finished> {
  readonly #ordered: boolean;
  readonly #emit: (chunk: T) => void;
  /** Chunks that came early, by their first item. */
  readonly #held: Map<number, T> = new Map();
  #next = 0;
  #heldBytes = 0;

  constructor(ordered: boolean, emit: (chunk: T) => void) {
    this.#ordered = ordered;
    this.#emit = emit;
  }

  /** About how much memory the waiting chunks take. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  add(chunk: T): void {
    if (!this.#ordered) {
      this.#emit(chunk);
      return;
    }
    this.#held.set(chunk.first, chunk);
    this.#heldBytes += costOf(chunk);
    for (let next = this.#held.get(this.#next); next !== undefined; next = this.#held.get(this.#next))
      this.#release(next);
  }

  /** Lets everything go that still waits, in order: what it waited for will not come. */
  flush(): void {
    for (const chunk of [...this.#held.values()].toSorted((a, b) => a.first - b.first)) this.#release(chunk);
  }

  #release(chunk: T): void {
    this.#held.delete(chunk.first);
    this.#heldBytes -= costOf(chunk);
    this.#next = chunk.first + chunk.count;
    this.#emit(chunk);
  }
}

function costOf(chunk: Finished): number {
  return chunk.lines.length + OVERHEAD_BYTES;
}
