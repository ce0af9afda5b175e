/**
 * Objects of a manager whose proxies were sent to other threads, until those have claimed them.
 *
 * - H1: from a hold on, an object lives for as long as {@link HOLD_MS}, whoever lets go of it; and it can be claimed for as long as it lives.
 * - H2: a claim that comes before its hold, by another way, waits for that.
 *
 * @packageDocumentation
 */
import { ManagerClosedError, RemoteReleasedError } from "./errors.ts";

/** A message with a proxy in it may be so long on its way when everybody else has let go of the object. */
export const HOLD_MS = 60_000;

/** A hold that was sent before its ticket is not behind it for longer. */
const PATIENCE_MS = 10_000;

interface Held {
  readonly object: WeakRef<object>;
  /** H1. */
  kept: object | undefined;
  readonly timer: NodeJS.Timeout;
}

export class Sendings {
  readonly #held = new Map<string, Held>();
  /** H2. */
  readonly #claims = new Map<string, PromiseWithResolvers<object>>();
  readonly #gone = new FinalizationRegistry<string>((token) => {
    if (this.#held.get(token)?.object.deref() === undefined) this.#held.delete(token);
  });

  /** How many objects are kept though nobody may have a proxy of them. */
  get kept(): number {
    return [...this.#held.values()].filter(({ kept }) => kept !== undefined).length;
  }

  /** Keeps an object for whoever has the token; for another while, if it was kept before. */
  hold(token: string, object: object): void {
    const before = this.#held.get(token);
    clearTimeout(before?.timer);
    if (before === undefined) this.#gone.register(object, token);
    const timer = setTimeout(() => (held.kept = undefined), HOLD_MS).unref();
    const held: Held = { object: new WeakRef(object), kept: object, timer };
    this.#held.set(token, held);
    this.#claims.get(token)?.resolve(object);
  }

  /**
   * The object that a token is for.
   *
   * @throws `RemoteReleasedError` when it lives no more, or nobody has told of it. `ManagerClosedError` when the manager ends meanwhile.
   */
  async claim(token: string): Promise<object> {
    const object = this.#held.get(token)?.object.deref();
    if (object !== undefined) return object;
    const known = this.#claims.get(token);
    if (known !== undefined) return await known.promise;
    const claim = Promise.withResolvers<object>();
    this.#claims.set(token, claim);
    const timer = setTimeout(() => {
      claim.reject(
        new RemoteReleasedError(
          "Cannot receive the remote object: it was released, and is not there any more",
        ),
      );
    }, PATIENCE_MS);
    try {
      return await claim.promise;
    } finally {
      clearTimeout(timer);
      this.#claims.delete(token);
    }
  }

  /** Keeps nothing any more, and has nobody wait. */
  clear(): void {
    const closed = new ManagerClosedError("Cannot receive the remote object: its manager was shut down");
    for (const claim of this.#claims.values()) claim.reject(closed);
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }
}
