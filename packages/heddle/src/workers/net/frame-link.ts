/**
 * A socket that carries whole messages.
 *
 * @packageDocumentation
 */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { frameHead, FrameReader, LARGEST_FRAME_BYTES } from "./frames.ts";

/** What becomes of what comes. */
export interface LinkListener {
  /** Called with each message, which is the listener's own. What it throws ends the link. */
  onFrame(frame: Uint8Array): void;
  /**
   * Called once, when nothing more will come: with the error that ended it, or with nothing if the other side ended it in
   * order, between two messages.
   */
  onEnd(error: Error | undefined): void;
}

/**
 * One end of a stream of messages. It keeps no program alive, unless asked to.
 *
 * Messages that come before somebody listens wait, and so does the other side when they are many.
 */
export class FrameLink {
  readonly socket: Socket;
  readonly #reader: FrameReader;
  #listener: LinkListener | undefined;
  #error: Error | undefined;
  #isOver = false;
  #isReading = false;
  /** Shared by all who wait for room: Node warns of a socket with many listeners. */
  #draining: Promise<void> | undefined;
  /** When something last came, as `performance.now()` tells. */
  lastHeardMs: number = performance.now();

  /** @param limitBytes - The longest message that is taken. */
  constructor(socket: Socket, limitBytes: number) {
    this.socket = socket;
    this.#reader = new FrameReader(limitBytes);
    socket.unref();
    socket.on("data", (chunk: Uint8Array) => {
      this.lastHeardMs = performance.now();
      this.#reader.push(chunk);
      this.#read();
    });
    socket.on("error", (error) => (this.#error ??= error));
    socket.on("end", () => {
      // Where TLS has not been agreed on, what was written can never go out.
      if ((socket as Partial<TLSSocket> & { secureConnecting?: boolean }).secureConnecting === true)
        socket.destroy();
      else socket.end();
    });
    socket.on("close", () => {
      if (!this.#reader.isBetween)
        this.#error ??= new Error("Cannot read message: the stream ended in the middle of it");
      this.#isOver = true;
      this.#listener?.onEnd(this.#error);
    });
    socket.pause();
  }

  get isOver(): boolean {
    return this.#isOver || this.socket.destroyed;
  }

  set limitBytes(limit: number) {
    this.#reader.limitBytes = limit;
  }

  /** Takes messages from now on; in place of who did so far. */
  listen(listener: LinkListener): void {
    this.#listener = listener;
    if (this.#isOver) queueMicrotask(() => listener.onEnd(this.#error));
    else {
      this.#read();
      if (this.#listener === listener) this.socket.resume();
    }
  }

  /** Takes no messages for now. */
  deafen(): void {
    this.#listener = undefined;
    this.socket.pause();
  }

  /**
   * The next message, for who takes one at a time.
   *
   * @throws What ended the link.
   */
  next(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.listen({
        onFrame: (frame) => {
          this.deafen();
          resolve(frame);
        },
        onEnd: (error) => reject(error ?? new Error("Cannot read message: the other side ended the stream")),
      });
    });
  }

  /**
   * Sends a message, which is these pieces one behind the other. They must not be changed any more.
   *
   * @returns Whether there is room for more: if not, {@link drained} tells when there is.
   */
  send(...pieces: readonly Uint8Array[]): boolean {
    const { socket } = this;
    if (socket.destroyed || socket.writableEnded) return true;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > LARGEST_FRAME_BYTES) throw new RangeError(`Cannot send message: it has ${length} bytes`);
    socket.cork();
    let hasRoom = socket.write(frameHead(length));
    for (const piece of pieces) hasRoom = socket.write(piece);
    process.nextTick(() => socket.uncork());
    return hasRoom;
  }

  /** When there is room for more, or the link is over. */
  drained(): Promise<void> {
    const { socket } = this;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return (this.#draining ??= new Promise((resolve) => {
      const done = (): void => {
        socket.off("drain", done).off("close", done);
        this.#draining = undefined;
        resolve();
      };
      socket.on("drain", done).on("close", done);
    }));
  }

  /** Ends the link in order: what was sent goes out first. */
  end(): void {
    this.socket.end();
    this.socket.resume();
  }

  /** Ends the link now. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.socket.destroy();
  }

  #read(): void {
    // A listener may deafen the link, or hand it on, in the middle.
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#listener !== undefined && !this.socket.destroyed) {
        const frame = this.#reader.take();
        if (frame === undefined) return;
        this.#listener.onFrame(frame);
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#isReading = false;
    }
  }
}
