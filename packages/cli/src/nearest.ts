/**
 * The word that somebody probably meant.
 *
 * @packageDocumentation
 */

/**
 * Gives the candidate nearest to `word`, if it is near enough to be a slip of the keys.
 *
 * @remarks
 * Source: F. Damerau, "A technique for computer detection and correction of spelling errors" (1964): with two neighbours that
 * have changed places as one slip.
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

/** How many single characters must be added, dropped or replaced, or pairs swapped, to make one word the other. */
function distance(from: string, to: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? twoAbove[column - 2]! + 1 : Infinity;
      current.push(Math.min(replaced, swapped, above[column]! + 1, current[column - 1]! + 1));
    }
    [twoAbove, above] = [above, current];
  }
  return above[to.length]!;
}
