/**
 * What happens between a chunk's end and its lines going out: first the journal, if there is one.
 *
 * @packageDocumentation
 */
import type { CommandError } from "./errors.ts";
import type { Journal, Recorded } from "./journal.ts";

/** The least time between two commits. Each waits for the disk. */
const LEAST_INTERVAL_MS = 20;
/** Commits take at most one part in so many of the time, however slow the disk is. */
const IDLE_SHARE = 10;
/** With so much waiting there is a commit at once. */
const MOST_PENDING_BYTES = 1024 * 1024;

/** Whom a recorder tells what became of the chunks it was given. */
export interface RecorderOwner<T> {
  /** These are on disk. */
  onRecorded(chunks: readonly T[]): void;
  /** The journal cannot be written: what was given since the last commit is lost. */
  onFailure(error: CommandError): void;
}

/** Records chunks in batches, and passes each on when it is on disk. */
export class Recorder<T extends Recorded> {
  readonly #journal: Journal;
  readonly #owner: RecorderOwner<T>;
  #pending: T[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = LEAST_INTERVAL_MS;

  constructor(journal: Journal, owner: RecorderOwner<T>) {
    this.#journal = journal;
    this.#owner = owner;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  add(chunk: T): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.lines.length;
    if (this.#pendingBytes >= MOST_PENDING_BYTES) this.commit();
    else this.#timer ??= setTimeout(() => this.commit(), this.#intervalMs);
  }

  /** Puts everything on disk now, and passes it on. */
  commit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const chunks = this.#pending;
    if (chunks.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;

    const startMs = performance.now();
    try {
      this.#journal.append(chunks);
    } catch (error) {
      this.#owner.onFailure(error as CommandError);
      return;
    }
    this.#intervalMs = Math.max(LEAST_INTERVAL_MS, (performance.now() - startMs) * IDLE_SHARE);
    this.#owner.onRecorded(chunks);
  }
}
