/**
 * Abort signals through a session: the side that has the signal is asked to say when it aborts.
 *
 * @packageDocumentation
 */

/** The side where the signal is. Its method is called from the other one. */
export class SignalSource {
  readonly #signal: AbortSignal;
  readonly #told = Promise.withResolvers<{ reason: unknown } | undefined>();
  readonly #onAbort: () => void;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.#onAbort = () => this.#told.resolve({ reason: signal.reason });
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /** The reason, when it aborts; nothing when nobody asks any more. */
  aborted(): Promise<{ reason: unknown } | undefined> {
    return this.#told.promise;
  }

  /** The other side has no more use for it. */
  released(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#told.resolve(undefined);
  }
}

/** The image of a signal on the other side. */
export function imageOf(aborted: Promise<unknown>): AbortSignal {
  const controller = new AbortController();
  const weak = new WeakRef(controller);
  keepers.set(controller.signal, controller);
  aborted.then(
    (told) => {
      if (told !== undefined) weak.deref()?.abort((told as { reason: unknown }).reason);
    },
    // The other side is gone: nobody wants what is done on its behalf.
    (error: unknown) => weak.deref()?.abort(error),
  );
  return controller.signal;
}

/** A controller lives as long as its signal. */
const keepers = new WeakMap<AbortSignal, AbortController>();
