/**
 * Cancel scopes: code that can be told to stop, whole, with all that it has begun.
 *
 * Source: N. J. Smith, "Timeouts and cancellation for humans" (2018), and Trio's cancel scopes.
 * Departs from them: a scope is cancelled with a reason, and that is what its waits throw.
 *
 * @packageDocumentation
 */
import { currentContext, runIn } from "./context.ts";

/** The longest delay that a timer takes. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export interface ScopeOptions {
  /** Cancellation from outside does not reach in. */
  readonly isShield?: boolean;
  /** As if the scope were cancelled when this aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One scope.
 *
 * ```text
 *         cancel, deadline, signal, or the scope around it (unless this is a shield)
 * open ──────────────────────────────────────────────────────────────────────────────▶ cancelled
 *   │                                                                                       │
 *   └─────────────────────────────────────── close ─────────────────────────────────────────┴──▶ closed
 * ```
 *
 * - S1: the first reason stays. Cancellation is level-triggered: from then on every wait inside throws it.
 * - S2: a scope around another one cancels it before it tells those who wait in itself, so the inner ones go first.
 */
export class Scope {
  readonly parent: Scope | undefined;
  readonly #inner = new Set<Scope>();
  readonly #waiting = new Set<(reason: unknown) => void>();
  #controller: AbortController | undefined;
  #isCancelled = false;
  #reason: unknown = undefined;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.cancel(this.#signal!.reason);

  /** A scope in the one of the running code. */
  constructor({ isShield = false, signal }: ScopeOptions = {}) {
    this.parent = isShield ? undefined : currentContext().scope;
    if (this.parent !== undefined) this.parent.#take(this);
    if (signal === undefined) return;
    if (signal.aborted) this.cancel(signal.reason);
    else {
      this.#signal = signal;
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
  }

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Why it was cancelled. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Aborts when the scope is cancelled. For what takes an `AbortSignal`. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isCancelled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Stops all that runs in the scope. S1: only the first call counts. */
  cancel(reason: unknown): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#reason = reason;
    clearTimeout(this.#timer);
    // S2.
    for (const scope of this.#inner) scope.cancel(reason);
    for (const tell of this.#waiting) tell(reason);
    this.#waiting.clear();
    this.#controller?.abort(reason);
  }

  /** Cancels the scope with `reason()` when so much time has passed. Replaces an earlier deadline. */
  cancelAfter(timeoutMs: number, reason: () => unknown): void {
    clearTimeout(this.#timer);
    if (this.#isCancelled || timeoutMs > LONGEST_DELAY_MS) return;
    if (timeoutMs <= 0) this.cancel(reason());
    else this.#timer = setTimeout(() => this.cancel(reason()), timeoutMs);
  }

  /** Has `tell` called when the scope is cancelled, unless what this gives is called before. */
  onCancel(tell: (reason: unknown) => void): () => void {
    this.#waiting.add(tell);
    return () => void this.#waiting.delete(tell);
  }

  #take(inner: Scope): void {
    this.#inner.add(inner);
    if (this.#isCancelled) inner.cancel(this.#reason);
  }

  /** Calls `body` in the scope. */
  run<T>(body: () => T): T {
    return runIn({ ...currentContext(), scope: this }, body);
  }

  /** Nothing runs in it any more. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.parent !== undefined) this.parent.#inner.delete(this);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

/** Throws the reason if the running code is in a scope that was cancelled. */
export function throwIfCancelled(): void {
  const { scope } = currentContext();
  if (scope?.isCancelled === true) throw scope.reason;
}
