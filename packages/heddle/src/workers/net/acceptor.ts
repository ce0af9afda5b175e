/**
 * The door of a server: lets in who has the key, and keeps everybody else from being a burden.
 *
 * @packageDocumentation
 */
import type { Socket } from "node:net";
import { FrameLink } from "./frame-link.ts";
import { type Credentials, HANDSHAKE_LIMIT_BYTES, welcome } from "./handshake.ts";

export interface AcceptorOptions {
  readonly credentials: Credentials;
  /** Whoever has not proved to have the key after so long is dropped. */
  readonly handshakeTimeoutMs: number;
  /** So many may be on the doorstep. When one more comes, the one that stands there longest is dropped. */
  readonly maxHalfOpen: number;
  /** So many may be inside. Others are dropped as they come. */
  readonly maxLinks: number;
  /** The longest message that is taken of those inside. */
  readonly limitBytes: number;
  /** Somebody was let in. */
  readonly onLink: (link: FrameLink) => void;
}

/** How many there are. */
export interface AcceptorStatistics {
  /** On the doorstep. */
  readonly halfOpen: number;
  /** Inside. */
  readonly links: number;
}

export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #halfOpen = new Set<FrameLink>();
  readonly #links = new Set<FrameLink>();
  #isClosed = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  statistics(): AcceptorStatistics {
    return { halfOpen: this.#halfOpen.size, links: this.#links.size };
  }

  /** Sees to a socket that was connected. It never throws, whatever comes. */
  accept(socket: Socket): void {
    const { maxHalfOpen, maxLinks } = this.#options;
    const link = new FrameLink(socket, HANDSHAKE_LIMIT_BYTES);
    if (this.#isClosed || this.#links.size >= maxLinks) return link.destroy();
    const [oldest] = this.#halfOpen;
    if (this.#halfOpen.size >= maxHalfOpen) {
      this.#halfOpen.delete(oldest!);
      oldest!.destroy();
    }
    this.#halfOpen.add(link);
    void this.#letIn(link);
  }

  /** Lets nobody in any more. Those inside stay. */
  dropHalfOpen(): void {
    this.#isClosed = true;
    for (const link of this.#halfOpen) link.destroy();
  }

  /** Drops everybody, and lets nobody in any more. */
  close(): void {
    this.dropHalfOpen();
    for (const link of this.#links) link.destroy();
  }

  async #letIn(link: FrameLink): Promise<void> {
    const { credentials, handshakeTimeoutMs, limitBytes, onLink } = this.#options;
    const timer = setTimeout(() => link.destroy(), handshakeTimeoutMs);
    timer.unref();
    try {
      await welcome(link, credentials);
    } catch {
      // Whoever it was is told nothing but that the key was wrong. A link that is to end in order may not take for ever.
      link.socket.once("close", () => clearTimeout(timer));
      this.#halfOpen.delete(link);
      return;
    }
    clearTimeout(timer);
    this.#halfOpen.delete(link);
    if (this.#isClosed || link.isOver) return link.destroy();
    this.#links.add(link);
    link.socket.once("close", () => this.#links.delete(link));
    link.limitBytes = limitBytes;
    onLink(link);
  }
}
