/** Looks at options, at the door. */
import { inspect } from "node:util";

/**
 * @param known - What they may have.
 * @param what - What is to be done: "check".
 * @throws `TypeError` for what is no object, or has something else: a misspelt option would say nothing, and be heeded by nobody.
 */
export function checkOptions(options: unknown, known: readonly string[], what: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `Cannot ${what}: its options must be an object, and are ${inspect(options, { depth: 0 })}`,
    );
  }
  for (const key in options) {
    if (known.includes(key)) continue;
    throw new TypeError(`Cannot ${what}: it has no option ${key}; it knows ${known.join(", ")}`);
  }
}
