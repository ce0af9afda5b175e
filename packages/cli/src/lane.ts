/**
 * Bytes that a worker and the command share while one chunk runs: what is finished outlives the worker.
 *
 * The results of a chunk come back in one message, so a worker that dies halfway would take its finished
 * neighbours with it. It therefore leaves each line here before it begins the next item.
 *
 * @packageDocumentation
 */

/** Word 0: 1 once the command wants no further item begun. Written by the command. */
const STOP = 0;
/** Word 1: how many items were begun. Written by the worker, as the two below. */
const BEGUN = 1;
/** Word 2: how many items have their line among the bytes. */
const FINISHED = 2;
/** Word 3: how many bytes those lines take. */
const USED = 3;
const HEADER_BYTES = 16;

/** How much room for lines a lane has unless asked otherwise: more than a chunk of a few milliseconds fills. */
export const LANE_BYTES: number = 256 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One chunk's shared bytes. Both sides make a `Lane` over the same `SharedArrayBuffer`.
 *
 * Ordering: plain stores suffice. The command reads what the worker wrote only after that worker ended, and the
 * end of a thread comes after all that it did. `stopped` may be seen late, which costs one more item.
 */
export class Lane {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(HEADER_BYTES + LANE_BYTES)) {
    this.shared = shared;
    this.#words = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Empties the lane for another chunk. No worker may have it. */
  reset(): void {
    this.#words.fill(0);
  }

  /** Asks the worker to begin no further item of its chunk. */
  stop(): void {
    this.#words[STOP] = 1;
  }

  get stopped(): boolean {
    return this.#words[STOP] === 1;
  }

  /** Notes that one more item begins. */
  begin(): void {
    this.#words[BEGUN] = this.#words[BEGUN]! + 1;
  }

  /** Leaves the line of the item that was begun last. Gives `false` when it does not fit; then the chunk must end. */
  keep(line: string): boolean {
    const used = this.#words[USED]!;
    const { read, written } = encoder.encodeInto(line, this.#bytes.subarray(used));
    if (read < line.length) return false;
    this.#words[USED] = used + written;
    this.#words[FINISHED] = this.#words[FINISHED]! + 1;
    return true;
  }

  /** What the worker left: how many items it began and finished, and the lines of the finished ones. */
  left(): { begun: number; finished: number; lines: string } {
    const bytes = this.#bytes.slice(0, this.#words[USED]);
    return { begun: this.#words[BEGUN]!, finished: this.#words[FINISHED]!, lines: decoder.decode(bytes) };
  }
}
