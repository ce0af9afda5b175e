/**
 * Tells an event loop when one of those has died that share a heap with its thread. Threads that are blocked hear of it by
 * the lives of the others themselves.
 *
 * @packageDocumentation
 */
import type { Lives } from "./lives.ts";
import type { Libc, PollHandle } from "./native/libc.ts";
import type { Seats } from "./seats.ts";

interface Watched {
  readonly identity: number;
  /** Can be read from once the thread has ended. */
  readonly fd: number;
  readonly handle: PollHandle;
}

/** A descriptor for each of the others. */
export class Watch {
  readonly #seats: Seats;
  readonly #lives: Lives;
  readonly #libc: Libc;
  readonly #own: number;
  readonly #onEnd: () => void;
  readonly #watched = new Map<number, Watched>();
  #isClosed = false;

  /** @param onEnd - Called when somebody has died. */
  constructor(
    place: { readonly seats: Seats; readonly seat: number },
    lives: Lives,
    libc: Libc,
    onEnd: () => void,
  ) {
    this.#seats = place.seats;
    this.#own = place.seat;
    this.#lives = lives;
    this.#libc = libc;
    this.#onEnd = () => {
      if (!this.#isClosed) onEnd();
    };
  }

  /** Somebody may have come or left: watches those who are there. */
  look(): void {
    for (const [seat, { identity }] of this.#watched) if (!this.#seats.isSeated(identity)) this.#forget(seat);
    for (const seat of this.#seats) {
      if (seat !== this.#own && !this.#watched.has(seat)) this.#add(seat, this.#seats.identityAt(seat));
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const seat of this.#watched.keys()) this.#forget(seat);
  }

  #add(seat: number, identity: number): void {
    const lives = this.#lives;
    const fd = this.#libc.openThread(lives.threadOf(seat), lives.processOf(seat));
    if (fd < 0) {
      if (lives.isOver(seat)) setImmediate(this.#onEnd);
      return;
    }
    const handle = this.#libc.whenReadable(fd, () => {
      this.#forget(seat);
      this.#onEnd();
    });
    this.#watched.set(seat, { identity, fd, handle });
    // Its number may be another thread's by now.
    if (lives.isOver(seat)) setImmediate(this.#onEnd);
  }

  #forget(seat: number): void {
    const { fd, handle } = this.#watched.get(seat)!;
    this.#watched.delete(seat);
    handle.close();
    this.#libc.closeSocket(fd);
  }
}
