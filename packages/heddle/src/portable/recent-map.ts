/**
 * A map that forgets what has not been asked for lately.
 *
 * Two generations: what is asked for moves into the young one; when that is full it becomes the old one, and what
 * was old is forgotten. A hit in the young generation is one look-up, and nothing is linked per entry.
 */
export class RecentMap<K, V> {
  readonly #limit: number;
  #young = new Map<K, V>();
  #youngWeight = 0;
  #old = new Map<K, V>();
  /** Of those that weigh other than 1. */
  readonly #weights = new Map<K, number>();

  /** @param limit - Entries of this weight in all are remembered at least; at most twice that is held. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old, this.#weights.get(key));
    return old;
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: K, value: V, weight: number = 1): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (weight !== 1) this.#weights.set(key, weight);
    else if (this.#weights.size > 0) this.#weights.delete(key);
    this.#youngWeight += weight;
    if (this.#youngWeight <= this.#limit) return;
    if (this.#weights.size > 0) for (const forgotten of this.#old.keys()) this.#weights.delete(forgotten);
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }

  delete(key: K): boolean {
    this.#weights.delete(key);
    return this.#young.delete(key) || this.#old.delete(key);
  }
}
