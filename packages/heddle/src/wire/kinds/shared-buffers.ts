/**
 * Shared memory by number: how a `SharedArrayBuffer` crosses in a message of bytes.
 *
 * Only a port can carry the buffer itself, and a port is slow and belongs to one receiver. So each buffer is announced
 * once, on a channel that all threads of the process listen to, and messages name it by its number.
 *
 * @packageDocumentation
 */
import { threadHeap, workerThreads } from "#heap";
import { NotLoadedError, WireError } from "../errors.ts";

/** All threads whose toolkit speaks this version of the messages below. */
const CHANNEL = "heddle.shared-buffers/1";

/** A buffer that its owner has dropped may still be named by a message on its way, for so long in milliseconds. */
const GRACE_MS = 10_000;
/** Who asks for a buffer gives up after so long: the thread that announced it has ended, or is blocked by its own code. */
const PATIENCE_MS = 10_000;
/** Who blocks the thread meanwhile gives up sooner: it can be had without blocking. */
const BLOCKED_PATIENCE_MS = 2_000;
/** Between two looks of a thread that is blocked. */
const LOOK_MS = 1;

type Message =
  /** This buffer has that number. Sent when it is first named, and to who asks. */
  | { kind: "share"; id: number; buffer: SharedArrayBuffer }
  /** Who has the buffer with that number? Asked by threads that started after it was announced. */
  | { kind: "want"; id: number }
  /** The owner has no more use for it. */
  | { kind: "drop"; id: number };

class SharedBuffers {
  readonly #channel = new (workerThreads().BroadcastChannel)(CHANNEL);
  /** The number of every buffer that this thread has named or received. */
  readonly #ids = new WeakMap<SharedArrayBuffer, number>();
  /** Buffers that this thread holds, or once held. */
  readonly #held = new Map<number, WeakRef<SharedArrayBuffer>>();
  /** Announced by others, and not yet named by a message that this thread has read. */
  readonly #announced = new Map<number, SharedArrayBuffer>();
  readonly #wanted = new Map<number, PromiseWithResolvers<void>>();
  readonly #missing = new Set<number>();
  /** Finding blocks the thread until the buffer has come. */
  #blocks = false;
  /** A word that a blocked thread sleeps on; nobody rings. */
  #bed = 0;
  readonly #collected = new FinalizationRegistry<number>((id) => {
    this.#held.delete(id);
    this.#post({ kind: "drop", id });
  });

  constructor() {
    // Parked threads hear of buffers, and answer who asks, by this; busy ones when they read a number they do not know.
    this.#channel.onmessage = (event: unknown) => this.#hear((event as { data: Message }).data);
    this.#channel.unref();
  }

  /** The number of a buffer; announces it when it has none. */
  name(buffer: SharedArrayBuffer): number {
    let id = this.#ids.get(buffer);
    if (id !== undefined) return id;
    id = threadHeap().nextSerial();
    this.#hold(id, buffer);
    this.#collected.register(buffer, id);
    this.#post({ kind: "share", id, buffer });
    return id;
  }

  /** The buffer with that number. */
  find(id: number): SharedArrayBuffer {
    const known = this.#find(id) ?? (this.#listen(), this.#find(id));
    if (known !== undefined) return known;
    if (this.#missing.delete(id)) {
      throw new WireError(
        "a SharedArrayBuffer",
        "the thread that sent it has ended, or does not come to answer",
        "keep the buffer in a thread that outlives its use",
      );
    }
    const wanted = this.#want(id);
    if (!this.#blocks) throw new NotLoadedError(wanted);
    const come = this.#await(id);
    if (come !== undefined) return come;
    throw new NotLoadedError(
      wanted,
      "the thread that has the SharedArrayBuffer in it does not come to answer; await the value, or keep the buffer in another thread",
    );
  }

  /** Runs `body`, in which finding a buffer that others have may block the thread. */
  blocking<T>(body: () => T): T {
    const before = this.#blocks;
    this.#blocks = true;
    try {
      return body();
    } finally {
      this.#blocks = before;
    }
  }

  /** Answers who asks, and hears what others announce: for a thread that is blocked. */
  hear(): void {
    this.#listen();
  }

  /** Looks for an answer, blocking the thread for a while. */
  #await(id: number): SharedArrayBuffer | undefined {
    const heap = threadHeap();
    if (this.#bed === 0) heap.poke((this.#bed = heap.allocate(4)), 0);
    for (const end = performance.now() + BLOCKED_PATIENCE_MS; performance.now() < end;) {
      heap.wait(this.#bed, 0, LOOK_MS);
      this.#listen();
      const found = this.#find(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #find(id: number): SharedArrayBuffer | undefined {
    const announced = this.#announced.get(id);
    if (announced === undefined) return this.#held.get(id)?.deref();
    this.#announced.delete(id);
    this.#hold(id, announced);
    return announced;
  }

  #hold(id: number, buffer: SharedArrayBuffer): void {
    this.#ids.set(buffer, id);
    this.#held.set(id, new WeakRef(buffer));
  }

  #want(id: number): Promise<void> {
    let wanted = this.#wanted.get(id);
    if (wanted === undefined) {
      wanted = Promise.withResolvers<void>();
      this.#wanted.set(id, wanted);
      const timer = setTimeout(() => {
        this.#missing.add(id);
        this.#settle(id);
      }, PATIENCE_MS).unref();
      void wanted.promise.then(() => clearTimeout(timer));
      this.#post({ kind: "want", id });
    }
    return wanted.promise;
  }

  #settle(id: number): void {
    this.#wanted.get(id)?.resolve();
    this.#wanted.delete(id);
  }

  #post(message: Message): void {
    this.#channel.postMessage(message);
  }

  /** Reads what has been posted, without waiting for the event loop. */
  #listen(): void {
    for (;;) {
      const received = workerThreads().receiveMessageOnPort(this.#channel as never);
      if (received === undefined) return;
      this.#hear(received.message);
    }
  }

  #hear(message: Message): void {
    const { kind, id } = message;
    if (kind === "share") {
      if (this.#held.get(id)?.deref() === undefined) this.#announced.set(id, message.buffer);
      this.#settle(id);
    } else if (kind === "want") {
      const buffer = this.#held.get(id)?.deref() ?? this.#announced.get(id);
      if (buffer !== undefined) this.#post({ kind: "share", id, buffer });
    } else if (this.#announced.has(id)) {
      setTimeout(() => this.#announced.delete(id), GRACE_MS).unref();
    }
  }
}

let shared: SharedBuffers | undefined;

/** Names a buffer for all threads of the process. Cost: a look-up; a microsecond the first time. */
export function nameSharedBuffer(buffer: SharedArrayBuffer): number {
  return (shared ??= new SharedBuffers()).name(buffer);
}

/**
 * Gives the buffer that another thread named.
 *
 * @throws `NotLoadedError` when it has to be asked for first: await it and decode the message again. `WireError` when
 * nobody has it any more.
 */
export function findSharedBuffer(id: number): SharedArrayBuffer {
  return (shared ??= new SharedBuffers()).find(id);
}

/** Runs `body`, in which a buffer that this thread has not heard of may be waited for, blocking it. */
export function blockingForBuffers<T>(body: () => T): T {
  return (shared ??= new SharedBuffers()).blocking(body);
}

/** Answers other threads that look for buffers of this one, which is blocked. */
export function answerForBuffers(): void {
  shared?.hear();
}

/** From now on this thread hears of the buffers that others name. */
export function hearOfSharedBuffers(): void {
  shared ??= new SharedBuffers();
}
