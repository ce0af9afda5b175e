/**
 * A conversation between two threads: each calls what the other has lent it.
 *
 * ```text
 *        the link is there           close, or the link ends
 * open ─────────────────▶ settled ──────────────────────────▶ over
 *                          (the other side's settings came)
 * ```
 *
 * - N1: calls begin in the order in which they were made, and are answered in any.
 * - N2: every call settles: with its answer, or when the session is over.
 * - N3: what cannot be written or read fails the call that it belongs to, and no other.
 *
 * @packageDocumentation
 */
import { OUTSIDE, runIn } from "../scopes/index.ts";
import { NotLoadedError } from "../wire/index.ts";
import { keepAlive, type Site, tellOrigin, thisSite } from "../workers/index.ts";
import { type EncodedMessage, LARGEST_FRAME_BYTES, MessageCodec } from "../workers/net/index.ts";
import { ManagerClosedError } from "./errors.ts";
import type { Root } from "./host.ts";
import { watchLink } from "./lease.ts";
import type { Link } from "./link.ts";
import type { Sendings } from "./sendings.ts";
import { callMember, follow } from "./members.ts";
import { type Head, Kind, packHead, type PathStep, shown, unpackMessage } from "./messages.ts";
import { valuesOf } from "./streams.ts";
import { type Calls, Things } from "./things.ts";
import type { Door } from "./tickets.ts";

export interface SessionOptions {
  /** What the other side may call from the start. */
  readonly root?: object;
  /** The longest message that this side takes. */
  readonly limitBytes?: number;
  /** How long either side may be silent. Only the server says that. */
  readonly leaseMs?: number;
  /** Whether it takes no more calls while the other side does not take the answers. Only one of the two may. */
  readonly isCautious?: boolean;
  /** Why the session is over, for its calls, where more is known of that than the link says. */
  readonly whyOver?: (error: Error | undefined) => Promise<Error | undefined>;
  /** How other threads of the program get to the objects. The other side is told, if they live on this one. */
  readonly door?: Door | undefined;
  /** Where objects are kept for others. Absent where none can live. */
  readonly sendings?: Sendings;
  /** Called when it is over. */
  readonly onOver?: (error: Error | undefined) => void;
}

/** The first that each side says. */
interface Settings {
  readonly limitBytes: number;
  readonly leaseMs?: number | undefined;
  readonly door?: Door | undefined;
}

/** A call that was not answered yet. */
interface Pending {
  readonly path: readonly PathStep[];
  readonly site: Site;
  readonly kept: readonly object[];
  readonly letGo: (() => void) | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What a session holds at one moment. */
export interface SessionCounts {
  readonly lent: number;
  readonly borrowed: number;
  readonly pending: number;
  readonly running: number;
}

const NO_BYTES: EncodedMessage = { bytes: new Uint8Array(0), kept: [] };

export class Session implements Calls {
  readonly #link: Link;
  readonly #options: SessionOptions;
  readonly #things: Things;
  readonly #codec: MessageCodec;
  readonly #pending = new Map<number, Pending>();
  /** The arguments of the calls that run here: signals among them live as long as that. */
  readonly #running = new Map<number, unknown[]>();
  /** What answers only name, until the other side has read them. */
  readonly #kept = new Map<number, readonly object[]>();
  /** Messages that wait for a module to be loaded. */
  #waiting: Uint8Array[] | undefined;
  #lastId = 0;
  #door: Door | undefined;
  #peerLimitBytes = LARGEST_FRAME_BYTES;
  readonly #settled = Promise.withResolvers<void>();
  #stopWatching: (() => void) | undefined;
  #state: "open" | "closing" | "over" = "open";
  #error: Error | undefined;

  constructor(link: Link, options: SessionOptions = {}) {
    this.#link = link;
    this.#options = options;
    this.#things = new Things(this, options.root);
    this.#codec = new MessageCodec(this.#things);
    // Whoever waits for the other side's first word waits for no handle of the event loop.
    void this.#settled.promise.catch(() => undefined).finally(keepAlive());
    const { limitBytes = LARGEST_FRAME_BYTES, leaseMs } = options;
    if (options.root === undefined) this.#door = options.door;
    const settings: Settings = { limitBytes, leaseMs, door: options.root && options.door };
    this.#send({ kind: Kind.SETTINGS, id: 0 }, this.#codec.encode(settings, "settings", link.isAbroad));
    if (leaseMs !== undefined) this.#watch(leaseMs);
    link.listen({
      // What is called from afar is no part of what has begun the session.
      onFrame: (frame) => runIn(OUTSIDE, () => this.#hear(frame)),
      onEnd: (error) => void this.#end(error),
    });
  }

  /** Serves `root` until the link ends. */
  static host(link: Link, root: Root, door: Door | undefined): Session {
    return new Session(link, { root, door, sendings: root.sendings });
  }

  /** When the other side has said its settings. Throws when the session is over before. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** How other threads get to what the other side lends; `undefined` where they cannot, as to a client. */
  get door(): Door | undefined {
    return this.#door;
  }

  get isOver(): boolean {
    return this.#state !== "open";
  }

  counts(): SessionCounts {
    return { ...this.#things.counts, pending: this.#pending.size, running: this.#running.size };
  }

  /**
   * Calls what a path from a thing of the other side leads to.
   *
   * @param isQuiet - The program may end before it is answered.
   * @param asCode - A function among the arguments that travels, though others are lent.
   */
  call(
    target: number,
    path: readonly PathStep[],
    args: unknown[],
    isQuiet = false,
    asCode?: unknown,
  ): Promise<unknown> {
    return this.#ask({ kind: Kind.CALL, target, path }, isQuiet, () =>
      this.#things.writing(() => this.#codec.encode(args, "args", this.#link.isAbroad), asCode),
    );
  }

  get(target: number, path: readonly PathStep[]): Promise<unknown> {
    return this.#ask({ kind: Kind.GET, target, path }, false, () => NO_BYTES);
  }

  release(target: number, count: number): void {
    if (this.#state === "open") this.#link.send(packHead({ kind: Kind.RELEASE, id: target, target: count }));
  }

  hold(target: number, token: string): void {
    if (this.#state === "open") this.#link.send(packHead({ kind: Kind.HOLD, id: target, path: [token] }));
  }

  /** Ends the session, after what was sent has gone out. Calls that are under way fail. */
  close(error?: Error): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#error = error;
    this.#link.end();
  }

  /** Ends the session now. */
  destroy(error?: Error): void {
    if (this.#state === "open") this.#state = "closing";
    this.#error ??= error;
    this.#link.destroy(error);
  }

  #ask(
    head: Pick<Head, "kind" | "target" | "path">,
    isQuiet: boolean,
    write: () => EncodedMessage,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#state !== "open") {
      reject(this.#closedError(head.path));
      return promise;
    }
    const site = thisSite();
    const id = this.#nextId();
    try {
      const message = write();
      this.#send({ ...head, id }, message);
      const letGo = isQuiet ? undefined : keepAlive();
      this.#pending.set(id, { path: head.path, site, kept: message.kept, letGo, resolve, reject });
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#pending.has(this.#lastId));
    return this.#lastId;
  }

  #send(head: Pick<Head, "kind" | "id"> & Partial<Head>, { bytes, kept }: EncodedMessage): void {
    const isKept = kept.length > 0 && (head.kind === Kind.REPLY || head.kind === Kind.FAIL);
    const packed = packHead({ ...head, isKept });
    const length = packed.length + bytes.length;
    if (length > this.#peerLimitBytes) {
      throw new RangeError(
        `Cannot send message: it has ${length} bytes, and the other side takes ${this.#peerLimitBytes} at most`,
      );
    }
    if (isKept) this.#kept.set(head.id, kept);
    const hasRoom = this.#link.send(packed, bytes);
    if (!hasRoom && this.#options.isCautious === true) {
      this.#link.setReading(false);
      void this.#link.drained().then(() => this.#link.setReading(true));
    }
  }

  /** N1. */
  #hear(frame: Uint8Array): void {
    if (this.#waiting !== undefined) this.#waiting.push(frame);
    else this.#take(frame);
  }

  #take(frame: Uint8Array): void {
    try {
      this.#handle(frame);
    } catch (error) {
      if (!(error instanceof NotLoadedError)) throw error;
      this.#waiting = [];
      void this.#takeAfter(error.ready, frame);
    }
  }

  async #takeAfter(ready: Promise<unknown>, frame: Uint8Array): Promise<void> {
    // If it could not be loaded, the next try says so.
    await ready.catch(() => undefined);
    const waiting = this.#waiting!;
    this.#waiting = undefined;
    try {
      for (const next of [frame, ...waiting]) this.#hear(next);
    } catch (error) {
      this.#link.destroy(error as Error);
    }
  }

  #handle(frame: Uint8Array): void {
    const { body, ...head } = unpackMessage(frame);
    switch (head.kind) {
      case Kind.SETTINGS:
        return this.#adopt(this.#codec.decode(body, this.#link.isAbroad) as Settings);
      case Kind.CALL:
        return this.#begin(head, body);
      case Kind.GET:
        return void this.#run(head.id, () => follow(this.#things.thing(head.target), head.path).value);
      case Kind.REPLY:
      case Kind.FAIL:
        return this.#settle(head, body);
      case Kind.RELEASE:
        return this.#things.takeBack(head.id, head.target);
      case Kind.ACK:
        return void this.#kept.delete(head.id);
      case Kind.HOLD:
        return this.#options.sendings?.hold(String(head.path[0]), this.#things.thing(head.id));
      case Kind.PING:
    }
  }

  #adopt({ limitBytes, leaseMs, door }: Settings): void {
    this.#door ??= door;
    if (typeof limitBytes === "number") this.#peerLimitBytes = limitBytes;
    if (typeof leaseMs === "number" && leaseMs > 0 && this.#options.leaseMs === undefined)
      this.#watch(leaseMs);
    this.#settled.resolve();
  }

  #watch(leaseMs: number): void {
    if (leaseMs === Infinity) return;
    this.#stopWatching = watchLink(this.#link, leaseMs, () => {
      if (this.#state === "open") this.#link.send(packHead({ kind: Kind.PING, id: 0 }));
    });
  }

  /** N3. */
  #begin({ id, target, path }: Head, body: Uint8Array): void {
    let args: unknown[];
    try {
      args = this.#things.reading(() => this.#codec.decode(body, this.#link.isAbroad)) as unknown[];
      if (!Array.isArray(args)) throw new TypeError(`Cannot call ${shown(path)}: its arguments are no list`);
    } catch (error) {
      if (error instanceof NotLoadedError) throw error;
      return this.#answer(id, true, error);
    }
    this.#running.set(id, args);
    void this.#run(id, () => {
      const thing = this.#things.thing(target);
      const [last] = path.at(-1) ?? [];
      if (Array.isArray(path.at(-1)) && last === "asyncIterator") {
        return valuesOf(follow(thing, path.slice(0, -1)).value as object);
      }
      return callMember(thing, path, args);
    });
  }

  async #run(id: number, body: () => unknown): Promise<void> {
    try {
      this.#answer(id, false, await body());
    } catch (error) {
      this.#answer(id, true, error);
    } finally {
      this.#running.delete(id);
    }
  }

  /** Says how a call ended. A result that cannot travel is a failure, too. */
  #answer(id: number, isFailure: boolean, value: unknown): void {
    if (this.#state !== "open") return;
    const kind = isFailure ? Kind.FAIL : Kind.REPLY;
    try {
      this.#things.writing(() => {
        const message = this.#codec.encode(value, isFailure ? "error" : "result", this.#link.isAbroad);
        this.#send({ kind, id }, message);
      });
    } catch (error) {
      if (isFailure) this.#answer(id, true, new Error(`Cannot send the error: ${String(error)}`));
      else this.#answer(id, true, error);
    }
  }

  #settle({ kind, id, isKept }: Head, body: Uint8Array): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    let value: unknown;
    let isFailure = kind === Kind.FAIL;
    try {
      value = this.#things.reading(() => this.#codec.decode(body, this.#link.isAbroad));
    } catch (error) {
      if (error instanceof NotLoadedError) throw error;
      value = error;
      isFailure = true;
    }
    if (isKept) this.#link.send(packHead({ kind: Kind.ACK, id }));
    this.#pending.delete(id);
    pending.letGo?.();
    if (isFailure) {
      tellOrigin(value, `${shown(pending.path)}, called from`, pending.site);
      pending.reject(value);
    } else pending.resolve(value);
  }

  /** N2. */
  async #end(error: Error | undefined): Promise<void> {
    this.#state = "over";
    this.#stopWatching?.();
    this.#error ??= (await this.#options.whyOver?.(error)) ?? error;
    for (const pending of this.#pending.values()) {
      pending.letGo?.();
      pending.reject(this.#closedError(pending.path));
    }
    this.#pending.clear();
    this.#kept.clear();
    this.#things.clear();
    this.#settled.reject(this.#closedError(undefined));
    this.#options.onOver?.(this.#error);
  }

  #closedError(path: readonly PathStep[] | undefined): ManagerClosedError {
    const what = path === undefined ? "connect" : `call ${shown(path)}`;
    const error = this.#error;
    if (error instanceof ManagerClosedError && error.cause === undefined) {
      return new ManagerClosedError(`Cannot ${what}: ${error.message}`);
    }
    const found = error?.message ?? "the session with the manager is over";
    return new ManagerClosedError(
      `Cannot ${what}: ${found}`,
      error === undefined ? undefined : { cause: error },
    );
  }
}
