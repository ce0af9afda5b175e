/**
 * Where the encoder is inside the value: kept as it goes for next to nothing, spelled out only for an error.
 *
 * @packageDocumentation
 */

/** Deepest nesting that travels. Encoder and decoder recurse; at this depth both still fit the stack of a main thread. */
export const MAX_DEPTH = 1000;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The way from the root to the value at hand. Entry `i` is the key, index or position taken in container `i`. */
export class Trail {
  root = "";
  depth = 0;
  readonly containers: (object | undefined)[] = [];
  readonly entries: unknown[] = [];

  /** The path in the words of JavaScript: `args[0].items[3].socket`, `.get("k")`, `.keys()[1]`, `.values()[2]`. */
  toString(): string {
    let path = this.root;
    for (let i = 0; i < this.depth; i++) path += step(this.containers[i]!, this.entries[i]);
    return path;
  }

  /** Lets go of every object. */
  clear(): void {
    const { containers, entries } = this;
    for (let i = 0; i < containers.length && containers[i] !== undefined; i++) {
      containers[i] = undefined;
      entries[i] = undefined;
    }
    this.depth = 0;
  }
}

function step(container: object, entry: unknown): string {
  if (container instanceof Map) return mapStep(container, entry as number);
  if (container instanceof Set) return `.values()[${String(entry)}]`;
  if (typeof entry === "number") return `[${entry}]`;
  const key = String(entry);
  if (Array.isArray(container) && String(Number(key)) === key) return `[${key}]`;
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Entry 2n is the n-th key, entry 2n + 1 its value. */
function mapStep(map: Map<unknown, unknown>, entry: number): string {
  const position = entry >>> 1;
  if (entry % 2 === 0) return `.keys()[${position}]`;
  const key = map.keys().drop(position).next().value;
  switch (typeof key) {
    case "string":
      return `.get(${JSON.stringify(key)})`;
    case "number":
    case "boolean":
    case "undefined":
      return `.get(${String(key)})`;
    default:
      return `.values()[${position}]`;
  }
}
