/**
 * The way of finished chunks: into the journal, into order, into the output; and the count of them.
 *
 * @packageDocumentation
 */
import { NAMED_FAILURES, type Failure } from "./chunk.ts";
import type { Journal } from "./journal.ts";
import { Output, type OutputOwner } from "./output.ts";
import { Recorder } from "./recorder.ts";
import { NO_TIME, type FinishedChunk, type Outlet } from "./runner.ts";
import { Sequencer } from "./sequencer.ts";

/** How much may wait, in all places together, before no more is made. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;

/** What became of the items so far. */
export interface Tally {
  /** Items with a result or an error, those of the journal included. */
  done: number;
  failed: number;
  /** Items that the journal had. */
  recorded: number;
  /** How long the function would have taken one thread for the others. */
  workMs: number;
  /** How long the chunks took the workers, and for how much of that these waited for a core. */
  busyMs: number;
  delayMs: number;
  /** The first that failed. */
  failures: Failure[];
}

export interface DeliveryOptions {
  readonly journal: Journal | undefined;
  readonly ordered: boolean;
  /** A path; absent for standard output. */
  readonly output: string | undefined;
}

/** Takes finished chunks in any order. */
export class Delivery implements Outlet {
  readonly tally: Tally = { done: 0, failed: 0, recorded: 0, workMs: 0, busyMs: 0, delayMs: 0, failures: [] };
  readonly #journal: Journal | undefined;
  readonly #recorder: Recorder<FinishedChunk> | undefined;
  readonly #sequencer: Sequencer<FinishedChunk>;
  readonly #output: Output;

  /** @throws `CommandError` with the code `ERR_HEDDLE_OUTPUT` when the output cannot be opened. */
  constructor({ journal, ordered, output }: DeliveryOptions, owner: OutputOwner) {
    this.#output = new Output(output, owner);
    this.#sequencer = new Sequencer(ordered, ({ lines }) => this.#output.write(lines));
    this.#journal = journal;
    if (journal === undefined) return;
    this.#recorder = new Recorder(journal, {
      onRecorded: (chunks) => {
        for (const chunk of chunks) this.#take(chunk);
        owner.onDrain();
      },
      onFailure: (error) => owner.onFailure(error),
    });
  }

  get isFull(): boolean {
    const waiting =
      (this.#recorder?.pendingBytes ?? 0) + this.#sequencer.heldBytes + this.#output.waitingBytes;
    return waiting > MOST_WAITING_BYTES;
  }

  add(chunk: FinishedChunk): void {
    if (this.#recorder === undefined || chunk.wasRecorded) this.#take(chunk);
    else this.#recorder.add(chunk);
  }

  /** Lets out what the journal has from the item `first` on: the run ended before it came to it. */
  async takeRest(first: number): Promise<void> {
    this.#settle();
    for (
      let place = this.#journal?.next(first);
      place !== undefined;
      place = this.#journal?.next(place.first + 1)
    ) {
      this.#take({
        ...place,
        lines: this.#journal!.lines(place.first),
        failures: [],
        ...NO_TIME,
        wasRecorded: true,
      });
      this.#sequencer.flush();
      if (this.isFull) await this.#output.drained();
    }
  }

  /** Lets everything out that waits, in order where order was asked for. Resolves when it is written. */
  async close(): Promise<void> {
    this.#settle();
    await this.#output.close();
  }

  #settle(): void {
    this.#recorder?.commit();
    this.#sequencer.flush();
  }

  /** A chunk that is done for good. */
  #take(chunk: FinishedChunk): void {
    const { tally } = this;
    tally.done += chunk.count;
    tally.failed += chunk.failed;
    tally.workMs += chunk.workMs;
    tally.busyMs += chunk.elapsedMs;
    tally.delayMs += chunk.delayMs;
    if (chunk.wasRecorded) tally.recorded += chunk.count;
    tally.failures.push(...chunk.failures.slice(0, NAMED_FAILURES - tally.failures.length));
    this.#sequencer.add(chunk);
  }
}
