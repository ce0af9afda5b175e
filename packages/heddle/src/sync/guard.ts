/**
 * What an acquire gives: a release that can happen once.
 *
 * @packageDocumentation
 */

/**
 * A hold on a lock, or on permits. Disposing of it releases the lock, once: doing so again does nothing.
 *
 * A guard belongs to the thread that acquired; it does not travel. The lock does.
 */
export interface Guard extends Disposable {
  /** Whether it still holds: not released by it, nor by the lock's own `release`. */
  readonly held: boolean;
  /**
   * Whether the owner before ended, or was terminated, without releasing. What the lock protects may be half changed
   * then: mend it before you go on.
   */
  readonly abandoned: boolean;
  /** Releases what it holds, if it still does. */
  release(): void;
}
