/**
 * One end of a pipe, as users have it.
 *
 * @packageDocumentation
 */
import { throwIfCancelled, unheard } from "../../scopes/index.ts";
import { checkKnown, type WaitOptions } from "../../sync/index.ts";
import { registerTicket } from "../../wire/index.ts";
import { waitFor } from "../net/wait.ts";
import { TimeoutError } from "#heap";
import { piping } from "../piping-later.ts";
import { closedHere, ConnectionClosedError, ConnectionStateError } from "./errors.ts";
import type { End } from "./home-end.ts";
import type { Ticket } from "./hub.ts";
import type { Letter } from "./letters.ts";

/** What an end can do. */
export type Direction = "both" | "send" | "receive";

interface ConnectionTicket extends Ticket {
  readonly direction: Direction;
}

let partsOf: (connection: Connection<unknown>) => { end: End; direction: Direction };

/**
 * One end of a {@link Pipe}: sends messages to the other end, and receives those that come from there, each whole and in
 * order.
 *
 * It may be captured, passed as an argument, put in a queue, sent through another connection: to threads and to other
 * processes. Everywhere it is the same end, and a message goes to one of those who receive from it. The messages wait in the thread
 * that made the pipe, so that thread has to live, and to let its event loop turn, as long as the pipe is used.
 *
 * An end that was sent elsewhere, and never used in the thread that made it, closes when all who have it are gone. A pipe that nobody
 * has any more, and no end of which was sent, is given back with what stands in it. Else close the end that you keep.
 *
 * @remarks
 * Cancel safety: a wait that ends early has sent, or taken, nothing.
 */
export class Connection<T> implements Disposable, AsyncIterable<T> {
  readonly #end: End;
  readonly #direction: Direction;

  static {
    partsOf = (connection) => ({ end: connection.#end, direction: connection.#direction });
  }

  /** For {@link Pipe} and for those who get a ticket. */
  constructor(end: End, direction: Direction) {
    this.#end = end;
    this.#direction = direction;
  }

  /** Whether this end was closed, as far as this thread knows. */
  get closed(): boolean {
    return this.#end.isClosed;
  }

  /**
   * Sends a message. The value is copied at once: what is done to it later is not sent. What `transfer()` marks is moved.
   *
   * @returns When the message stands at the other end. While a mebibyte of messages stands there that nobody has received, it waits.
   * @throws `WireError`, `PortabilityError` when something in the value cannot travel to where the other end is.
   * @throws `ConnectionClosedError` when the other end is closed. `ConnectionStateError` when this one is, or only
   * receives. Nothing was sent then.
   */
  send(value: T, options?: WaitOptions): Promise<void> {
    return unheard(this.#send(value, options));
  }

  async #send(value: T, options: WaitOptions | undefined): Promise<void> {
    const end = this.#use("send", "receive");
    await waitFor<void>("Connection.send()", options, (waiter) =>
      end.send(piping().writeLetter(value, end.isAbroad), waiter),
    );
  }

  /**
   * Receives the next message.
   *
   * @throws `ConnectionClosedError` when the other end is closed, and all that was sent from there has been received.
   * `ConnectionStateError` when this one is closed, or only sends.
   */
  receive(options?: WaitOptions): Promise<T> {
    return unheard(this.#receive(options));
  }

  async #receive(options: WaitOptions | undefined): Promise<T> {
    const end = this.#use("receive", "send");
    const letter = await waitFor<Letter>("Connection.receive()", options, (waiter) => end.receive(waiter));
    return (await piping().readLetter(letter)) as T;
  }

  /**
   * Says whether `receive()` would give something, or throw, without waiting: whether a message is there, or the end.
   *
   * @param options - How long to wait for that. Default: not at all. A wait that runs out gives `false`.
   * @throws The reason of the signal, or of the scope around, when the wait ends by that.
   */
  poll(options?: WaitOptions): Promise<boolean> {
    return unheard(this.#poll(options));
  }

  async #poll(options: WaitOptions | undefined): Promise<boolean> {
    const end = this.#use("poll", "send");
    const { timeoutMs = 0, ...others } = options ?? {};
    try {
      const isThere = await waitFor<boolean>("Connection.poll()", { ...others, timeoutMs }, (waiter) =>
        end.poll(waiter),
      );
      if (isThere) return true;
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
    // An end elsewhere says no more than that there was nothing.
    others.signal?.throwIfAborted();
    throwIfCancelled();
    return false;
  }

  /**
   * Closes this end. What was sent from it can still be received; what was sent to it cannot. To close it again does nothing.
   */
  close(): void {
    this.#end.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives message after message; ends when the other end is closed in order, or all who had it are gone. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.#messages();
  }

  async *#messages(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.receive();
      } catch (error) {
        if (error instanceof ConnectionClosedError) return;
        throw error;
      }
      yield value;
    }
  }

  #use(verb: string, cannot: Direction): End {
    const end = this.#end;
    if (this.#direction === cannot) {
      throw new ConnectionStateError(
        `Cannot ${verb}: this end of the pipe only ${cannot}s, as the pipe is not duplex`,
      );
    }
    if (end.isClosed) throw closedHere(verb);
    end.useHere();
    return end;
  }
}

/** What this thread has, by the name of the end. */
const known = new Map<string, WeakRef<Connection<unknown>>>();
const forgotten = new FinalizationRegistry<string>((name) => {
  if (known.get(name)?.deref() !== undefined) return;
  known.delete(name);
  piping().dropEnd(name);
});

function remember<T>(name: string, connection: Connection<T>): Connection<T> {
  known.set(name, new WeakRef(connection));
  forgotten.register(connection, name);
  return connection;
}

registerTicket<Connection<unknown>>("workers.Connection/1", Connection<unknown>, {
  issue(connection): ConnectionTicket {
    const { end, direction } = partsOf(connection);
    const ticket = piping().ticketOf(end);
    if (ticket === undefined || end.isClosed) throw closedHere("send the connection");
    return { ...ticket, direction };
  },
  redeem(plain) {
    const ticket = plain as ConnectionTicket;
    const mine = known.get(ticket.end)?.deref();
    if (mine !== undefined) return mine;
    const { AwayEnd, pipeHub } = piping();
    const end = pipeHub().find(ticket) ?? new AwayEnd(ticket);
    return remember(ticket.end, new Connection(end, ticket.direction));
  },
});

/**
 * Makes a pipe: two ends, each of which receives what is sent from the other.
 *
 * Messages are whole, whatever their size, and may hold whatever can travel: the ends of other pipes, and between threads of one process locks,
 * queues and channels.
 *
 * @param options - With `duplex: false` the first end only receives, and the second only sends. Default: `true`.
 *
 * @example
 * ```ts
 * import { Pipe } from "heddle/workers";
 *
 * const [here, there] = await Pipe<string>();
 * await there.send("warp");
 * await there.send("");
 * there.close();
 * await Array.fromAsync(here); // => ["warp", ""]
 * ```
 */
export async function Pipe<T = unknown>(options: PipeOptions = {}): Promise<[Connection<T>, Connection<T>]> {
  const { duplex = true } = checkOptions(options);
  const ends = await piping().pipeHub().make();
  const directions: [Direction, Direction] = duplex ? ["both", "both"] : ["receive", "send"];
  return ends.map((end, i) => remember(end.name, new Connection<T>(end, directions[i]!))) as [
    Connection<T>,
    Connection<T>,
  ];
}

/** Which way messages go. */
export interface PipeOptions {
  /** Whether both ends send and receive. */
  readonly duplex?: boolean;
}

function checkOptions(options: PipeOptions): PipeOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot make a pipe: its options must be an object such as { duplex: false }, and are ${String(options)}`,
    );
  }
  checkKnown(options, ["duplex"], "a pipe");
  const { duplex } = options;
  if (duplex !== undefined && typeof duplex !== "boolean") {
    throw new TypeError(`Cannot make a pipe: duplex must be true or false, and is ${String(duplex)}`);
  }
  return options;
}
