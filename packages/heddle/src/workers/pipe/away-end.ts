/**
 * One end of a pipe, in a thread that did not make the pipe: asks the one that did.
 *
 * @packageDocumentation
 */
import { processOrigin } from "../../portable/index.ts";
import { FrameLink } from "../net/frame-link.ts";
import { HANDSHAKE_LIMIT_BYTES, introduce } from "../net/handshake.ts";
import { LARGEST_FRAME_BYTES } from "../net/frames.ts";
import { MessageCodec } from "../net/message-codec.ts";
import type { EndEarly, Waiter } from "../net/wait.ts";
import { closedHere, pipeGone } from "./errors.ts";
import type { End } from "./home-end.ts";
import { credentialsOf, type Ticket } from "./hub.ts";
import { dropLetter, type Letter, packLetter, unpackLetter } from "./letters.ts";
import { Answer, Ask, type Hello, packHead, unpackHead } from "./protocol.ts";

/** A wait that home has not answered yet. */
interface Asked {
  /** What it is: "send". */
  readonly verb: string;
  readonly waiter: Waiter<never>;
  /** Why it was stopped. */
  reason?: unknown;
}

export class AwayEnd implements End {
  readonly isAbroad: boolean;
  readonly ticket: Ticket;
  readonly #codec = new MessageCodec();
  readonly #asked = new Map<number, Asked>();
  readonly #link: FrameLink;
  /** What was asked before the link was there. */
  #early: Uint8Array[][] | undefined = [];
  #lastId = 0;
  #isClosed = false;
  #isOver = false;
  #cause: unknown;

  constructor(ticket: Ticket) {
    this.ticket = ticket;
    this.isAbroad = ticket.origin !== processOrigin();
    this.#link = new FrameLink(
      process.getBuiltinModule("node:net").connect(ticket.address),
      HANDSHAKE_LIMIT_BYTES,
    );
    // A thread that ends at once still says that it had the end.
    this.#link.socket.ref();
    void this.#open(ticket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** That thread is not the one that made the pipe, where it would matter. */
  useHere(): void {}

  send(letter: Letter, waiter: Waiter<void>): EndEarly {
    if (!this.#isClosed && !this.#isOver) return this.#ask("send", Ask.SEND, waiter, ...packLetter(letter));
    dropLetter(letter);
    waiter.reject(this.#isClosed ? closedHere("send") : pipeGone("send", this.#cause));
    return () => undefined;
  }

  receive(waiter: Waiter<Letter>): EndEarly {
    return this.#ask("receive", Ask.RECEIVE, waiter);
  }

  poll(waiter: Waiter<boolean>): EndEarly {
    return this.#ask("poll", Ask.POLL, waiter);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell(packHead(Ask.CLOSE, 0));
    // What is asked is answered before the link ends.
    if (this.#early === undefined) this.#link.end();
  }

  #ask<T>(verb: string, kind: number, waiter: Waiter<T>, ...body: Uint8Array[]): EndEarly {
    if (this.#isClosed || this.#isOver) {
      waiter.reject(this.#isClosed ? closedHere(verb) : pipeGone(verb, this.#cause));
      return () => undefined;
    }
    const id = (this.#lastId = (this.#lastId + 1) >>> 0);
    const asked: Asked = { verb, waiter };
    this.#asked.set(id, asked);
    this.#tell(packHead(kind, id), ...body);
    return (reason) => {
      if (!this.#asked.has(id) || "reason" in asked) return;
      asked.reason = reason;
      this.#tell(packHead(Ask.STOP, id));
    };
  }

  #tell(...pieces: Uint8Array[]): void {
    if (this.#early === undefined) this.#link.send(...pieces);
    else this.#early.push(pieces);
  }

  async #open(ticket: Ticket): Promise<void> {
    const link = this.#link;
    try {
      await introduce(link, credentialsOf(ticket));
    } catch (error) {
      return this.#end(error);
    }
    link.limitBytes = LARGEST_FRAME_BYTES;
    const hello: Hello = { end: ticket.end, origin: processOrigin() };
    link.send(this.#codec.encode(hello, "hello", true).bytes);
    for (const pieces of this.#early!) link.send(...pieces);
    this.#early = undefined;
    link.socket.unref();
    link.listen({
      onFrame: (frame) => this.#hear(frame),
      onEnd: (error) => this.#end(error),
    });
    if (this.#isClosed) link.end();
  }

  #hear(frame: Uint8Array): void {
    const { kind, id, body } = unpackHead(frame);
    const asked = this.#asked.get(id);
    if (asked === undefined) throw new RangeError(`Cannot read message: nothing was asked by ${id}`);
    this.#asked.delete(id);
    const { waiter, reason } = asked as Asked & { waiter: Waiter<unknown> };
    if (kind === Answer.SENT) waiter.resolve(undefined);
    else if (kind === Answer.LETTER) waiter.resolve(unpackLetter(body, this.isAbroad));
    else if (kind === Answer.READY) waiter.resolve(true);
    else if (kind === Answer.IDLE) waiter.resolve(false);
    else if (kind === Answer.STOPPED) waiter.reject(reason);
    else if (kind === Answer.REFUSED) this.#reject(waiter, body);
    else throw new RangeError(`Cannot read message: ${kind} is no kind of an answer`);
  }

  #reject(waiter: Waiter<unknown>, body: Uint8Array): void {
    this.#codec.decodeAsync(body, this.isAbroad).then(
      (error) => waiter.reject(error),
      (error: unknown) => waiter.reject(error),
    );
  }

  #end(error: unknown): void {
    this.#isOver = true;
    this.#cause = error;
    this.#early = undefined;
    for (const { verb, waiter } of this.#asked.values()) {
      waiter.reject(this.#isClosed ? closedHere(verb) : pipeGone(verb, error));
    }
    this.#asked.clear();
  }
}
