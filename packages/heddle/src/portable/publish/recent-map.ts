/**
 * A map that forgets what has not been asked for lately.
 *
 * Two generations: what is asked for moves into the young one; when that is full it becomes the old one, and what
 * was old is forgotten. A hit in the young generation is one look-up, and nothing is linked per entry.
 */
export class RecentMap<K, V> {
  readonly #limit: number;
  readonly #onForget: ((key: K, value: V) => void) | undefined;
  #young = new Map<K, V>();
  #youngWeight = 0;
  #old = new Map<K, V>();

  /**
   * @param limit - Entries of this weight in all are remembered at least; at most twice that is held.
   * @param onForget - Told of each entry that is let go for want of room.
   */
  constructor(limit: number, onForget?: (key: K, value: V) => void) {
    this.#limit = limit;
    this.#onForget = onForget;
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old);
    return old;
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: K, value: V, weight: number = 1): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    this.#youngWeight += weight;
    if (this.#youngWeight <= this.#limit) return;
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
    if (this.#onForget !== undefined)
      for (const [oldKey, oldValue] of forgotten) this.#onForget(oldKey, oldValue);
  }

  delete(key: K): boolean {
    return this.#young.delete(key) || this.#old.delete(key);
  }
}
