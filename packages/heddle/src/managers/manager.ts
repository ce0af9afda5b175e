/**
 * Managers, as users have them.
 *
 * @packageDocumentation
 */
import { managing } from "./managing-later.ts";
import type { ConnectionOptions, SecureContextOptions } from "node:tls";
import { inspect, types } from "node:util";
import { leavable } from "../scopes/index.ts";
import { loadTicketsBy, REMOTE_TICKET } from "../wire/index.ts";
import type { Backend, ManagerStatistics } from "./backend.ts";
import { checkObject } from "./checks.ts";
import { ManagerClosedError } from "./errors.ts";
import { remote } from "./marks.ts";
import type { Remote } from "./remote-type.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);

/** How a manager is started. */
export interface ManagerStartOptions {
  /** Where the objects live: in a thread of this process, or in a process of their own. Default: a thread. */
  readonly on?: "thread" | "process";
}

/** What both sides of a connection say. */
export interface ManagerConnectionOptions {
  /** `unix:/run/app.sock`, or `tcp:localhost:7000`. Port 0 lets the system choose: see {@link Manager.address}. */
  readonly address: string;
  /** The secret that both sides have. Who has it can run code in the other's process. An empty one is one that everybody has. */
  readonly authKey: Uint8Array | string;
  /** The longest message that this side takes, in bytes. Default: 64 MiB. */
  readonly maxMessageBytes?: number;
  /** How long the proof of the key may take. Default: 10 seconds. */
  readonly handshakeTimeoutMs?: number;
}

/** Where and for whom a server serves, and its limits. */
export interface ManagerServeOptions extends ManagerConnectionOptions {
  /** Key and certificate, to encrypt the connections by TLS. Without it whoever is on the way can read along. */
  readonly tls?: SecureContextOptions;
  /** So many connections may be waiting to prove the key; the oldest makes room for the next. Default: 128. */
  readonly maxHalfOpen?: number;
  /** So many clients may be connected. Default: 1024. */
  readonly maxConnections?: number;
  /** A client that is silent for so long, or does not take what it is sent, loses what it holds. Default: a minute. */
  readonly leaseMs?: number;
}

/** Where a server is, and how to be let in. */
export interface ManagerConnectOptions extends ManagerConnectionOptions {
  /** As for `tls.connect`: the certificates to believe. */
  readonly tls?: ConnectionOptions;
}

/** How a manager ends. */
export interface ManagerShutdownOptions {
  /** How long what runs may take, before it is ended by force. Default: a second. */
  readonly graceMs?: number;
}

const GRACE_MS = 1000;

/** The options of each door. */
const START = ["on"];
const SHUTDOWN = ["graceMs"];

/**
 * Objects that live in one place (a thread, a process, a server) and are called from others, through proxies.
 *
 * Arguments and results are copied, as those of a task are. Passed by reference are: functions (callbacks), streams, abort signals, the
 * objects of managers, their proxies, instances of classes with private names, and what {@link remote} marks. Classes, and functions marked by `portable()`, travel as code.
 *
 * A proxy is let go of when it is disposed or collected, or its side's connection ends; an object that nobody has a proxy of, and
 * that has no name, is let go of, too.
 *
 * @example
 * ```ts
 * import { Manager } from "heddle/managers";
 *
 * class Counter {
 *   count = 0;
 *   increment(by = 1): number {
 *     return (this.count += by);
 *   }
 * }
 *
 * await using manager = await Manager.start({ on: "thread" });
 * const counter = await manager.create(Counter);
 * await counter.increment(2); // => 2
 * await counter.count; // => 2
 * ```
 */
export class Manager implements AsyncDisposable {
  readonly #backend: Backend;
  #isShutDown = false;
  #stopped: Promise<void> | undefined;

  private constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Starts a manager whose objects live in a thread or process of their own. It never keeps the program alive by itself.
   *
   * @throws `TypeError`, `RangeError` for options that are none; what keeps the thread or process from being started.
   */
  static async start(options: ManagerStartOptions = {}): Promise<Manager> {
    const { on = "thread" } = checkObject(options, "start manager", START);
    if (on !== "thread" && on !== "process") {
      throw new RangeError(`Cannot start manager: on must be "thread" or "process", and is ${String(on)}`);
    }
    const { startManagerProcess, startManagerThread } = managing();
    return new Manager(await (on === "thread" ? startManagerThread() : startManagerProcess()));
  }

  /**
   * Serves a manager at an address: its objects live in this thread. It keeps the program alive until it is shut down.
   *
   * Whoever has the key can have any code run here, as the classes of `create` travel. Nobody else is answered anything.
   *
   * @throws `AddressInUseError` when somebody answers there. `TypeError`, `RangeError` for options that are none.
   */
  static async serve(options: ManagerServeOptions): Promise<Manager> {
    return new Manager(await managing().serveAt(options));
  }

  /**
   * Connects to a manager that is served elsewhere.
   *
   * @throws `AuthenticationError` when the two sides do not have the same key. `ManagerClosedError` when nobody answers.
   */
  static async connect(options: ManagerConnectOptions): Promise<Manager> {
    return new Manager(await managing().connectTo(options));
  }

  /** Where the manager is served; `undefined` unless it is {@link serve | served} here. */
  get address(): string | undefined {
    return this.#backend.address;
  }

  /**
   * Makes an object where the objects of the manager live. The class travels there.
   *
   * @throws What the constructor throws. `PortabilityError`, `WireError` when the class or an argument cannot travel.
   */
  async create<A extends unknown[], T extends object>(
    cls: new (...args: A) => T,
    ...args: A
  ): Promise<Remote<T>> {
    if (!isClass(cls))
      throw new TypeError(`Cannot create an object: ${inspect(cls, { depth: 0 })} is no class`);
    const key = this.#use("create").createHere?.(cls as never, args);
    if (key !== undefined) return (await this.#call("take", [key])) as Remote<T>;
    const { session } = this.#backend;
    const creating = (): Promise<unknown> =>
      session.call(managing().ROOT, ["create"], [cls, ...args], false, cls);
    return (await leavable("Manager.create()", creating)) as Remote<T>;
  }

  /**
   * Gives an object a name, by which anybody who has the manager finds it. It lives until it is unregistered.
   *
   * An object that is registered where the objects of the manager live is that object; from elsewhere it travels there, unless it
   * is a proxy, or {@link remote} marked it. An object literal with functions is marked so: they are called where they are, with
   * that object.
   *
   * @throws `RegistrationError` when the name is taken.
   */
  async register(name: string, object: object): Promise<void> {
    const backend = this.#use("register");
    const isHere = managing().behindProxy(object) === undefined;
    if (isHere && backend.registerHere !== undefined) backend.registerHere(name, object);
    else await this.#call("register", [name, isLiteralWithFunctions(object) ? remote(object) : object]);
  }

  /** Takes a name back; whether there was one. The object lives on while anybody has a proxy of it. */
  async unregister(name: string): Promise<boolean> {
    this.#use("unregister");
    return (await this.#call("unregister", [name])) as boolean;
  }

  /**
   * A proxy of the object with a name.
   *
   * @throws `RegistrationError` when there is none.
   */
  async get<T>(name: string): Promise<Remote<T>> {
    this.#use("get");
    return (await this.#call("get", [name])) as Remote<T>;
  }

  /** What it holds at this moment. */
  statistics(): ManagerStatistics {
    const { session } = this.#backend;
    const ofServer = this.#backend.statistics?.();
    if (ofServer !== undefined) return ofServer;
    const { lent, borrowed } = session.counts();
    return { clients: session.isOver ? 0 : 1, halfOpen: 0, lent, borrowed };
  }

  /**
   * Ends the manager: a thread or process is asked to stop, then waited for, then ended by force; a server takes no new
   * clients, finishes what runs, and ends all connections; a connection is closed. All calls after that fail, and so do those
   * that were not answered. To shut it down again does nothing more.
   */
  shutdown(options: ManagerShutdownOptions = {}): Promise<void> {
    const { graceMs = GRACE_MS } = checkObject(options, "shut down manager", SHUTDOWN);
    if (typeof graceMs !== "number" || !(graceMs >= 0)) {
      throw new RangeError(`Cannot shut down manager: graceMs must be 0 or more, and is ${String(graceMs)}`);
    }
    this.#isShutDown = true;
    return (this.#stopped ??= this.#backend.stop(graceMs));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  #use(verb: string): Backend {
    if (this.#isShutDown) throw new ManagerClosedError(`Cannot ${verb}: the manager was shut down`);
    return this.#backend;
  }

  #call(name: string, args: unknown[]): Promise<unknown> {
    return leavable(`Manager.${name}()`, () => this.#backend.session.call(managing().ROOT, [name], args));
  }
}

/** Its functions stay where they are, and would miss in a copy of it what they work on. */
function isLiteralWithFunctions(thing: unknown): thing is object {
  if (typeof thing !== "object" || thing === null || types.isProxy(thing)) return false;
  const prototype: unknown = Object.getPrototypeOf(thing);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const properties = Object.values(Object.getOwnPropertyDescriptors(thing));
  return properties.some((property) => "get" in property || typeof property.value === "function");
}

/** Whether instances can be made of it; none is made. */
function isClass(cls: unknown): boolean {
  if (typeof cls !== "function") return false;
  try {
    Reflect.construct(Object, [], cls);
    return true;
  } catch {
    return false;
  }
}
