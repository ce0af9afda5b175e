/**
 * The pipes that this thread made, and a door for those who have an end of one elsewhere.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import type { Server } from "node:net";
import { processOrigin } from "../../portable/index.ts";
import { Acceptor } from "../net/acceptor.ts";
import { freshAddress } from "../net/addresses.ts";
import type { FrameLink } from "../net/frame-link.ts";
import { LARGEST_FRAME_BYTES } from "../net/frames.ts";
import type { Credentials } from "../net/handshake.ts";
import { MessageCodec } from "../net/message-codec.ts";
import { nonce } from "../net/nonces.ts";
import type { EndEarly, Waiter } from "../net/wait.ts";
import type { AwayEnd } from "./away-end.ts";
import { type End, type Holder, HomeEnd } from "./home-end.ts";
import { dropLetter, type Letter, packLetter, sendAbroad, unpackLetter } from "./letters.ts";
import { Answer, Ask, type Hello, packHead, unpackHead } from "./protocol.ts";

/** Proofs of the right to an end of a pipe are good for nothing else. */
const PURPOSE = "pipe";

const HANDSHAKE_TIMEOUT_MS = 30_000;
const MAX_HALF_OPEN = 256;

/** Where an end is, and the right to it. It is a plain value. */
export interface Ticket {
  readonly address: string;
  readonly key: string;
  readonly end: string;
  /** The process that the pipe was made in. */
  readonly origin: string;
}

/** The key of a ticket. */
export function credentialsOf({ key }: Pick<Ticket, "key">): Credentials {
  return { key: Buffer.from(key, "hex"), purpose: PURPOSE };
}

/** One thread's pipes. */
class Hub {
  readonly #address = freshAddress("pipe");
  readonly #key = nonce(32).toString("hex");
  readonly #ends = new Map<string, HomeEnd>();
  #server: Promise<Server> | undefined;

  /** Makes a pipe, with a door for those who will have its ends elsewhere. */
  async make(): Promise<[HomeEnd, HomeEnd]> {
    const server = await (this.#server ??= this.#listen());
    const names = [nonce(16).toString("hex"), nonce(16).toString("hex")] as const;
    const ends = names.map((name) => {
      const end: HomeEnd = new HomeEnd(name, () => this.#forget(end, server));
      this.#ends.set(name, end);
      return end;
    }) as [HomeEnd, HomeEnd];
    [ends[0].other, ends[1].other] = [ends[1], ends[0]];
    return ends;
  }

  ticket(end: HomeEnd): Ticket | undefined {
    if (!this.#ends.has(end.name)) return undefined;
    end.issue();
    return { address: this.#address, key: this.#key, end: end.name, origin: processOrigin() };
  }

  drop(name: string): void {
    this.#ends.get(name)?.drop();
  }

  /** The end that a ticket of this thread is for. */
  find({ address, end }: Ticket): HomeEnd | undefined {
    return address === this.#address ? this.#ends.get(end) : undefined;
  }

  async #listen(): Promise<Server> {
    const acceptor = new Acceptor({
      credentials: credentialsOf({ key: this.#key }),
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      maxHalfOpen: MAX_HALF_OPEN,
      maxLinks: Infinity,
      limitBytes: LARGEST_FRAME_BYTES,
      onLink: (link) => void this.#serve(link),
    });
    const { createServer } = process.getBuiltinModule("node:net");
    const server = createServer({ pauseOnConnect: true }, (socket) => acceptor.accept(socket));
    server.listen(this.#address);
    await once(server, "listening");
    server.unref();
    return server;
  }

  async #serve(link: FrameLink): Promise<void> {
    let hello: Hello;
    try {
      hello = new MessageCodec().decode(await link.next(), true) as Hello;
    } catch {
      return link.destroy();
    }
    HolderSession.begin(link, this.#ends.get(hello.end), hello.origin !== processOrigin());
  }

  /** It stays as long as somebody may still receive what was sent from it: to be told that it is closed. */
  #forget(end: HomeEnd, server: Server): void {
    if (!end.other.isClosed) return;
    this.#ends.delete(end.name);
    this.#ends.delete(end.other.name);
    if (this.#ends.size === 0) server.unref();
  }
}

/** Somebody elsewhere who has an end, and what he waits for. */
class HolderSession implements Holder {
  readonly isAbroad: boolean;
  readonly #link: FrameLink;
  readonly #end: HomeEnd | undefined;
  /** W1. The waits that are not answered yet. */
  readonly #waits = new Map<number, EndEarly>();

  private constructor(link: FrameLink, end: HomeEnd | undefined, isAbroad: boolean) {
    this.#link = link;
    this.#end = end;
    this.isAbroad = isAbroad;
  }

  /** Serves him until he is gone. */
  static begin(link: FrameLink, end: HomeEnd | undefined, isAbroad: boolean): void {
    const session = new HolderSession(link, end, isAbroad);
    end?.addHolder(session);
    link.listen({
      onFrame: (frame) => session.#hear(frame),
      onEnd: (error) => session.#leave(error),
    });
  }

  #hear(frame: Uint8Array): void {
    const { kind, id, body } = unpackHead(frame);
    const end = this.#end ?? gone();
    if (kind === Ask.STOP) this.#waits.get(id)?.(STOPPED);
    else if (kind === Ask.CLOSE) end.close();
    else if (kind === Ask.SEND) {
      const letter = unpackLetter(body, this.isAbroad);
      this.#begin<void>(
        id,
        (waiter) => end.send(letter, waiter),
        () => this.#answer(Answer.SENT, id),
      );
    } else if (kind === Ask.RECEIVE) {
      this.#begin<Letter>(
        id,
        (waiter) => end.receive(waiter),
        (letter) => this.#deliver(letter, id),
      );
    } else if (kind === Ask.POLL) {
      this.#begin<boolean>(
        id,
        (waiter) => end.poll(waiter),
        (ready) => this.#answer(ready ? Answer.READY : Answer.IDLE, id),
      );
    } else throw new RangeError(`Cannot read message: ${kind} is no kind of one`);
  }

  #begin<T>(id: number, begin: (waiter: Waiter<T>) => EndEarly, answer: (value: T) => void): void {
    let isOver = false;
    const endEarly = begin({
      resolve: (value) => {
        isOver = true;
        this.#waits.delete(id);
        answer(value);
      },
      reject: (error) => {
        isOver = true;
        this.#waits.delete(id);
        if (error === STOPPED) this.#answer(Answer.STOPPED, id);
        else this.#refuse(id, error);
      },
    });
    if (!isOver) this.#waits.set(id, endEarly);
  }

  #deliver(letter: Letter, id: number): void {
    if (!this.isAbroad || "bytes" in letter) return this.#hand(letter, id);
    sendAbroad(letter).then(
      (abroad) => this.#hand(abroad, id),
      (error: unknown) => this.#refuse(id, error),
    );
  }

  #hand(letter: Letter, id: number): void {
    if (this.#link.isOver) dropLetter(letter);
    else this.#answer(Answer.LETTER, id, ...packLetter(letter));
  }

  #refuse(id: number, error: unknown): void {
    this.#answer(Answer.REFUSED, id, new MessageCodec().encode(error, "error", this.isAbroad).bytes);
  }

  #answer(kind: number, id: number, ...body: Uint8Array[]): void {
    this.#link.send(packHead(kind, id), ...body);
  }

  #leave(error: Error | undefined): void {
    for (const endEarly of this.#waits.values()) endEarly(STOPPED);
    this.#end?.removeHolder(this, error);
  }
}

/** Why a wait ends that its asker has stopped. */
const STOPPED = Symbol("stopped");

/** Stands for an end of a pipe both ends of which are closed. */
function gone(): HomeEnd {
  const end = new HomeEnd("", () => undefined);
  end.other = new HomeEnd("", () => undefined);
  end.other.other = end;
  end.other.close();
  return end;
}

/** What others are given to have an end elsewhere; `undefined` when nothing is there to be had. */
export function ticketOf(end: End): Ticket | undefined {
  return end instanceof HomeEnd ? pipeHub().ticket(end) : (end as AwayEnd).ticket;
}

let hub: Hub | undefined;

/** This thread has none of the connections of that end any more. */
export function dropEnd(name: string): void {
  hub?.drop(name);
}

/** This thread's pipes. */
export function pipeHub(): Hub {
  return (hub ??= new Hub());
}
