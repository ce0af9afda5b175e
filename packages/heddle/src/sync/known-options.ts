/** Options of names that nobody reads: a typo is told at the door, not passed over. */

/**
 * Throws `TypeError` if an option has a name that is not among the known ones, and says which of them was probably meant.
 *
 * @param what - Whose options they are: `future.result()`.
 */
export function checkKnown(options: object, known: readonly string[], what: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw new TypeError(
      `Cannot take the option ${key} of ${what}: ${hintFor(key, known)}this release knows ${known.join(", ")}`,
    );
  }
}

/** What to write in place of a name that is not known, for a message; nothing where none is like it. */
export function hintFor(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? "" : `write ${meant}; `;
}

/** The known name that is most like one that is not; `undefined` if none is. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const plain = plainOf(key);
  const within = known.find((name) => isPartOf(plain, plainOf(name)));
  if (within !== undefined) return within;
  const distances = known.map((name) => distanceOf(plain, plainOf(name)));
  const least = Math.min(...distances);
  return least <= plain.length / 3 ? known[distances.indexOf(least)] : undefined;
}

const plainOf = (name: string): string => name.replaceAll(/[_-]/g, "").toLowerCase();
const isPartOf = (a: string, b: string): boolean =>
  Math.min(a.length, b.length) > 2 && (a.startsWith(b) || b.startsWith(a));

/** How many letters have to be put in, left out or changed. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
