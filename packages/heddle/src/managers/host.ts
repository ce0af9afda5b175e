/**
 * The objects that live with a manager, and how others get at them.
 *
 * @packageDocumentation
 */
import { RegistrationError } from "./errors.ts";
import { remote } from "./marks.ts";
import { Sendings } from "./sendings.ts";

/** Where objects live. */
export class Host {
  /** What is on its way to others. */
  readonly sendings: Sendings = new Sendings();
  readonly #names = new Map<string, object>();
  /** Made here, and not yet asked for by who made them. */
  readonly #left = new Map<string, object>();

  register(name: string, object: unknown): void {
    if (typeof name !== "string")
      throw new TypeError(`Cannot register an object: its name is ${String(name)}, no string`);
    if ((typeof object !== "object" && typeof object !== "function") || object === null) {
      throw new TypeError(`Cannot register ${JSON.stringify(name)}: it is ${String(object)}, and no object`);
    }
    if (this.#names.has(name)) {
      throw new RegistrationError(`Cannot register ${JSON.stringify(name)}: the name is taken`);
    }
    this.#names.set(name, remote(object));
  }

  unregister(name: string): boolean {
    return this.#names.delete(name);
  }

  get(name: string): object {
    const object = this.#names.get(name);
    if (object !== undefined) return object;
    throw new RegistrationError(`Cannot get ${JSON.stringify(name)}: nothing is registered under that name`);
  }

  create(cls: new (...args: unknown[]) => object, args: unknown[]): object {
    if (typeof cls !== "function") throw new TypeError(`Cannot create an object: ${String(cls)} is no class`);
    return remote(new cls(...args));
  }

  /** Leaves an object for who has the key. */
  leave(object: object): string {
    const key = crypto.randomUUID();
    this.#left.set(key, remote(object));
    return key;
  }

  take(key: string): object | undefined {
    const object = this.#left.get(key);
    this.#left.delete(key);
    return object;
  }

  /** Lets go of all objects. */
  clear(): void {
    this.#names.clear();
    this.#left.clear();
    this.sendings.clear();
  }
}

/** What every client of a host may call from the start. */
export class Root {
  readonly #host: Host;
  readonly #onShutdown: (() => void) | undefined;

  /** @param onShutdown - Called when the client asks that the host stop. Absent where that is not his to ask. */
  constructor(host: Host, onShutdown?: () => void) {
    this.#host = host;
    this.#onShutdown = onShutdown;
  }

  get sendings(): Sendings {
    return this.#host.sendings;
  }

  create(cls: new (...args: unknown[]) => object, ...args: unknown[]): object {
    return this.#host.create(cls, args);
  }

  register(name: string, object: unknown): void {
    this.#host.register(name, object);
  }

  unregister(name: string): boolean {
    return this.#host.unregister(name);
  }

  get(name: string): object {
    return this.#host.get(name);
  }

  take(key: string): object | undefined {
    return this.#host.take(key);
  }

  /** The object that a ticket is for. */
  claim(token: string): Promise<object> {
    return this.#host.sendings.claim(token);
  }

  shutdown(): void {
    this.#onShutdown?.();
  }
}
