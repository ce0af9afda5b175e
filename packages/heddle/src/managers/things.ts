/**
 * What the two sides of a session have from each other: things lent to the other side, and proxies of what it lends.
 *
 * - T1: a lent thing lives until the other side has let go of it as often as it was sent, or the session ends.
 * - T2: a borrowed thing has one proxy as long as anybody here has that. When the proxy is disposed or collected, the other side is
 *   told how often it had come until then.
 * - T3: what is sent home is the thing itself.
 * - T4: what others get at through this thread has another proxy, for them: it is there until nobody has that, whatever becomes of the one
 *   that was sent.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../wire/index.ts";
import type { Naming } from "../workers/net/index.ts";
import { RemoteReleasedError } from "./errors.ts";
import { type PathStep, shown } from "./messages.ts";
import { passingOf } from "./passing.ts";
import { type Behind, behindProxy, makeProxy } from "./proxies.ts";
import { HOLD_MS } from "./sendings.ts";
import { imageOf, SignalSource } from "./signals.ts";
import { lazily, StreamReader, StreamSource } from "./streams.ts";
import { type Door, knownBy, makeKnown, relayed, type RemoteTicket } from "./tickets.ts";

/** The object whose methods are the first that can be called. */
export const ROOT = 0;

/** How a thing stands in a message: one of these, and its id. */
const Form = { HOME: 0, OBJECT: 1, FUNCTION: 2, STREAM: 3, SIGNAL: 4 } as const;

/** How things are called on the other side. */
export interface Calls {
  call(target: number, path: readonly PathStep[], args: unknown[], isQuiet?: boolean): Promise<unknown>;
  get(target: number, path: readonly PathStep[]): Promise<unknown>;
  /** How other threads get to the other side; `undefined` where they cannot. */
  readonly door: Door | undefined;
  readonly isOver: boolean;
  /** Has the other side keep a thing for whoever has the token. */
  hold(target: number, token: string): void;
  /** Says that the other side was sent a thing so often, and needs it no more. */
  release(target: number, count: number): void;
}

interface Lent {
  readonly thing: object;
  /** T1. How often the other side has it. */
  count: number;
}

/** T2. A thing of the other side. */
class Borrowed implements Behind {
  readonly id: number;
  readonly owner: Things;
  readonly #calls: Calls;
  /** How often it has come. */
  count = 0;
  isReleased = false;
  token: string | undefined;
  /** When the other side was last told to keep it for those who have the token, as `performance.now()` tells. */
  #heldAtMs = -Infinity;
  relayed: object | undefined;

  constructor(id: number, owner: Things, calls: Calls) {
    this.id = id;
    this.owner = owner;
    this.#calls = calls;
  }

  get isOver(): boolean {
    return this.isReleased || this.#calls.isOver;
  }

  async call(path: readonly PathStep[], args: unknown[]): Promise<unknown> {
    this.#check("call", path);
    return await this.#calls.call(this.id, path, args);
  }

  async get(path: readonly PathStep[]): Promise<unknown> {
    this.#check("read", path);
    return await this.#calls.get(this.id, path);
  }

  iterate(path: readonly PathStep[]): AsyncIterator<unknown> {
    return lazily(this.call([...path, ["asyncIterator"]], []) as Promise<AsyncIterator<unknown>>);
  }

  issue(proxy: object, isAbroad: boolean): RemoteTicket | undefined {
    if (this.isReleased) throw disposed();
    const { door } = this.#calls;
    const token = (this.token ??= crypto.randomUUID());
    // The key of a server does not leave the program that was given it.
    if (door === undefined || (isAbroad && door.origin === undefined)) {
      makeKnown(token, proxy);
      this.relayed ??= this.owner.twin(this, typeof proxy === "function");
      return relayed(token, this.relayed);
    }
    const now = performance.now();
    if (now - this.#heldAtMs > HOLD_MS / 4) {
      this.#heldAtMs = now;
      this.#calls.hold(this.id, token);
    }
    makeKnown(token, proxy);
    return { door, token };
  }

  release(): void {
    this.owner.release(this);
    if (this.relayed !== undefined) makeKnown(this.token!, this.relayed);
    this.relayed = undefined;
  }

  #check(verb: string, path: readonly PathStep[]): void {
    if (this.isReleased) {
      throw new RemoteReleasedError(`Cannot ${verb} ${shown(path)}: the proxy was disposed`);
    }
  }
}

export class Things implements Naming {
  readonly #calls: Calls;
  readonly #lent = new Map<number, Lent>();
  readonly #ids = new Map<object, number>();
  readonly #borrowed = new Map<number, { readonly proxy: WeakRef<object>; readonly borrowed: Borrowed }>();
  readonly #collected: FinalizationRegistry<Borrowed>;
  #lastId = ROOT;
  /** Lent in the message that is being written. */
  #lending: number[] = [];
  /** Borrowed in the message that is being read. */
  #borrowing: Borrowed[] = [];
  /** A class that is to travel in the message that is being written, whatever it looks like. */
  #asCode: unknown;

  /** @param root - What the other side may call from the start. */
  constructor(calls: Calls, root: object | undefined) {
    this.#calls = calls;
    this.#collected = new FinalizationRegistry((borrowed) => borrowed.release());
    if (root !== undefined) this.#lent.set(ROOT, { thing: root, count: Infinity });
  }

  /** How many things are lent to the other side, and how many it lends. */
  get counts(): { lent: number; borrowed: number } {
    return { lent: this.#lent.size - (this.#lent.has(ROOT) ? 1 : 0), borrowed: this.#borrowed.size };
  }

  /**
   * Writes a message: what it lends is taken back if that fails.
   *
   * @param asCode - A function in it that travels, though others are lent.
   */
  writing<R>(write: () => R, asCode?: unknown): R {
    this.#lending = [];
    this.#asCode = asCode;
    try {
      return write();
    } catch (error) {
      for (const id of this.#lending) this.takeBack(id, 1);
      throw error;
    } finally {
      this.#asCode = undefined;
    }
  }

  /** Reads a message: what came in it counts if that succeeds. */
  reading<R>(read: () => R): R {
    this.#borrowing = [];
    const value = read();
    for (const borrowed of this.#borrowing) borrowed.count++;
    return value;
  }

  standIn(thing: object): unknown {
    if (thing === this.#asCode) return undefined;
    const behind = behindProxy(thing);
    if (behind instanceof Borrowed && behind.owner === this) return this.#sendHome(behind);
    if (behind !== undefined) return this.#lend(behind.relayed ?? thing);
    const passing = passingOf(thing);
    if (passing === "lend") return this.#lend(thing);
    if (passing === "stream") return this.#lendNew(Form.STREAM, new StreamSource(thing));
    if (passing === "signal") return this.#lendNew(Form.SIGNAL, new SignalSource(thing as AbortSignal));
    return undefined;
  }

  standFor(plain: unknown): object {
    if (!Array.isArray(plain) || plain.length !== 2)
      throw new CorruptMessageError("it names a thing by no id");
    const [form, id] = plain as [unknown, unknown];
    if (typeof id !== "number") throw new CorruptMessageError("it names a thing by no id");
    if (form === Form.HOME) return this.#own(id);
    if (form === Form.OBJECT || form === Form.FUNCTION) return this.#borrow(id, form === Form.FUNCTION);
    const borrowed = new Borrowed(id, this, this.#calls);
    let image: object;
    if (form === Form.STREAM) image = new StreamReader(borrowed);
    else if (form === Form.SIGNAL) image = imageOf(this.#calls.call(id, ["aborted"], [], true));
    else throw new CorruptMessageError("it names a thing that is of no form");
    this.#borrowing.push(borrowed);
    this.#collected.register(image, borrowed);
    return image;
  }

  /**
   * A thing that is lent.
   *
   * @throws `RemoteReleasedError` when there is none with that id.
   */
  thing(id: number): object {
    const lent = this.#lent.get(id);
    if (lent === undefined) {
      throw new RemoteReleasedError("Cannot use the object: it was released, and is not here any more");
    }
    return lent.thing;
  }

  /** T1. The other side has let go of a thing so often. */
  takeBack(id: number, count: number): void {
    const lent = this.#lent.get(id);
    if (lent === undefined) return;
    lent.count -= count;
    if (lent.count > 0) return;
    this.#lent.delete(id);
    this.#ids.delete(lent.thing);
    void endOf(lent.thing);
  }

  /** T2. Nobody here has use for a thing any more. */
  release(borrowed: Borrowed): void {
    if (borrowed.isReleased) return;
    borrowed.isReleased = true;
    if (this.#borrowed.get(borrowed.id)?.borrowed === borrowed) this.#borrowed.delete(borrowed.id);
    this.#calls.release(borrowed.id, borrowed.count);
  }

  /** The session is over. */
  clear(): void {
    const lent = [...this.#lent.values()];
    this.#lent.clear();
    this.#ids.clear();
    // What was borrowed stays in use, to say that the session is over.
    for (const { thing } of lent) void endOf(thing);
    this.#borrowed.clear();
  }

  /** T4. Another proxy of a thing: it takes over the times that the thing has come. */
  twin(borrowed: Borrowed, isFunction: boolean): object {
    const twin = new Borrowed(borrowed.id, this, this.#calls);
    twin.token = borrowed.token;
    twin.count = borrowed.count;
    borrowed.count = 0;
    const proxy = makeProxy(twin, isFunction);
    this.#collected.register(proxy, twin);
    return proxy;
  }

  /** T3. What came home; the proxy that this thread has, if it was lent by another one. */
  #own(id: number): object {
    const thing = this.thing(id);
    const token = behindProxy(thing)?.token;
    return (token === undefined ? undefined : knownBy(token)) ?? thing;
  }

  /** T3. */
  #sendHome(borrowed: Borrowed): unknown {
    if (!borrowed.isReleased) return [Form.HOME, borrowed.id];
    throw disposed();
  }

  #lend(thing: object): unknown {
    let id = this.#ids.get(thing);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#ids.set(thing, id);
      this.#lent.set(id, { thing, count: 0 });
    }
    this.#lent.get(id)!.count++;
    this.#lending.push(id);
    return [typeof thing === "function" ? Form.FUNCTION : Form.OBJECT, id];
  }

  #lendNew(form: number, source: object): unknown {
    const id = ++this.#lastId;
    this.#lent.set(id, { thing: source, count: 1 });
    this.#lending.push(id);
    return [form, id];
  }

  #borrow(id: number, isFunction: boolean): object {
    const known = this.#borrowed.get(id);
    let proxy = known?.proxy.deref();
    const borrowed = proxy === undefined ? new Borrowed(id, this, this.#calls) : known!.borrowed;
    if (proxy === undefined) {
      proxy = makeProxy(borrowed, isFunction);
      this.#borrowed.set(id, { proxy: new WeakRef(proxy), borrowed });
      this.#collected.register(proxy, borrowed);
    }
    this.#borrowing.push(borrowed);
    return proxy;
  }
}

function disposed(): RemoteReleasedError {
  return new RemoteReleasedError("Cannot send a remote object: its proxy was disposed");
}

/** A source may have to stop. Nobody is left to be told how that went. */
async function endOf(thing: object): Promise<void> {
  try {
    if (thing instanceof StreamSource) await thing.stop();
    else if (thing instanceof SignalSource) thing.released();
  } catch {
    // It was a failure of the clean-up of an iterator that nobody reads any more.
  }
}
