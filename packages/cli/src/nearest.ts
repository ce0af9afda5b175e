/**
 * The word that somebody probably meant.
 *
 * @packageDocumentation
 */

/**
 * Gives the candidate nearest to `word`, if it is near enough to be a slip of the keys.
 *
 * @remarks
 * Source: V. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals" (1966).
 */
export function nearest<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  let best: T | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length * 0.45)) + 1;
  for (const candidate of candidates) {
    const away = distance(word, candidate);
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

/** How many single characters must be added, dropped or replaced to make one word the other. */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1));
    }
    above = current;
  }
  return above[to.length]!;
}
