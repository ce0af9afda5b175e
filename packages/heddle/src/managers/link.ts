/**
 * What a session goes through: a stream of messages, in order, between two threads.
 *
 * @packageDocumentation
 */
import type { MessagePort } from "node:worker_threads";
import type { FrameLink } from "../workers/net/index.ts";

/** What becomes of what comes. */
export interface LinkListener {
  /** Called with each message. What it throws ends the link. */
  onFrame(frame: Uint8Array): void;
  /** Called once, when nothing more will come. */
  onEnd(error: Error | undefined): void;
}

export interface Link {
  /** Whether the other side is in another process. */
  readonly isAbroad: boolean;
  listen(listener: LinkListener): void;
  /** Sends a message, made of pieces. Gives whether there is room for more. */
  send(...pieces: readonly Uint8Array[]): boolean;
  /** When there is room for more. */
  drained(): Promise<void>;
  /** Takes no messages for now; `true` takes them again. */
  setReading(isReading: boolean): void;
  /** Ends the link when what was sent has gone out. */
  end(): void;
  destroy(error?: Error): void;
  /** What the other side has not taken of what was sent, and how much it ever took. Nothing where that is not known. */
  outgoing(): { waitingBytes: number; takenBytes: number } | undefined;
  /** When something last came, as `performance.now()` tells. */
  readonly lastHeardMs: number;
}

/** A link through a socket. */
export class SocketLink implements Link {
  readonly isAbroad: boolean;
  readonly #frames: FrameLink;

  constructor(frames: FrameLink, isAbroad: boolean = true) {
    this.#frames = frames;
    this.isAbroad = isAbroad;
  }

  get lastHeardMs(): number {
    return this.#frames.lastHeardMs;
  }

  listen(listener: LinkListener): void {
    this.#frames.listen(listener);
  }

  send(...pieces: readonly Uint8Array[]): boolean {
    return this.#frames.send(...pieces);
  }

  drained(): Promise<void> {
    return this.#frames.drained();
  }

  setReading(isReading: boolean): void {
    if (isReading) this.#frames.socket.resume();
    else this.#frames.socket.pause();
  }

  end(): void {
    this.#frames.end();
  }

  destroy(error?: Error): void {
    this.#frames.destroy(error);
  }

  outgoing(): { waitingBytes: number; takenBytes: number } {
    const { writableLength, bytesWritten } = this.#frames.socket;
    return { waitingBytes: writableLength, takenBytes: bytesWritten - writableLength };
  }
}

/** A link through a port, to a thread of this process. */
export class PortLink implements Link {
  readonly isAbroad = false;
  readonly #port: MessagePort;
  #error: Error | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.unref();
  }

  get lastHeardMs(): number {
    return performance.now();
  }

  listen(listener: LinkListener): void {
    this.#port.on("message", (frame: Uint8Array) => {
      try {
        listener.onFrame(frame);
      } catch (error) {
        this.destroy(error as Error);
      }
    });
    this.#port.once("close", () => listener.onEnd(this.#error));
    this.#port.unref();
  }

  send(...pieces: readonly Uint8Array[]): boolean {
    const frame = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      frame.set(piece, at);
      at += piece.length;
    }
    this.#port.postMessage(frame, [frame.buffer]);
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  setReading(): void {
    // A port takes what comes.
  }

  end(): void {
    this.#port.close();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#port.close();
  }

  outgoing(): undefined {
    return undefined;
  }
}
