/**
 * Errors that nobody asked for.
 *
 * A native promise reports such an error at once, so that awaiting two futures one after the other ends the
 * program when the second fails first. A future waits with it until nobody can ask any more: when it is
 * collected, or when the program has nothing left to do.
 *
 * @packageDocumentation
 */

/** An error that waits for somebody to ask for it. */
export interface Unobserved {
  readonly reason: unknown;
}

const waiting = new Set<Unobserved>();

const collected = new FinalizationRegistry<Unobserved>((entry) => {
  if (waiting.delete(entry)) surface(entry);
});

let watchingExit = false;

/** Surfaces `reason` as an unhandled rejection, unless {@link forgetUnobserved} is called before it is too late. */
export function noteUnobserved(future: object, reason: unknown): Unobserved {
  const entry: Unobserved = { reason };
  waiting.add(entry);
  collected.register(future, entry, entry);
  if (!watchingExit) {
    watchingExit = true;
    process.on("beforeExit", () => {
      for (const entry of waiting) surface(entry);
      waiting.clear();
    });
  }
  return entry;
}

/** Somebody has asked for it. */
export function forgetUnobserved(entry: Unobserved): void {
  waiting.delete(entry);
  collected.unregister(entry);
}

function surface(entry: Unobserved): void {
  void Promise.reject(entry.reason);
}
