/**
 * Where the encoder is inside the value: kept as it goes for next to nothing, spelled out only for an error.
 *
 * @packageDocumentation
 */
import { types } from "node:util";

/** Encoder and decoder recurse. So deep, and the contents of what can wait are put off to the end of the message. */
export const POSTPONE_DEPTH = 400;
/** And no deeper for what cannot wait: at this depth both fit the stack of a main thread with as much to spare. */
export const MAX_DEPTH = 500;

/** What the way begins with: the name of the root, or the way to a container whose contents were put off. */
export type Origin = string | Waypoint;

/** The way from the root to the value at hand. Entry `i` is the key, index or position taken in container `i`. */
export class Trail {
  origin: Origin = "";
  depth = 0;
  readonly containers: (object | undefined)[] = [];
  readonly entries: unknown[] = [];
  /** The way to the container in which a waypoint was made last, and that container. */
  #stem: Waypoint | undefined = undefined;
  #stemOf: object | undefined = undefined;

  /** The path in the words of JavaScript: `args[0].items[3].socket`, `.get("k")`, `.keys()[1]`, `.values()[2]`. */
  toString(): string {
    return pathOf(this.origin) + stepsOf(this.containers, this.entries, this.depth);
  }

  /** The way so far, to come back to by making it the origin. Those in one container have the way to that in common. */
  waypoint(): Waypoint {
    const last = this.depth - 1;
    const container = this.containers[last]!;
    if (this.#stemOf !== container || this.#stem?.origin !== this.origin) {
      this.#stemOf = container;
      this.#stem = new Waypoint(
        this.origin,
        this.containers.slice(0, last) as object[],
        this.entries.slice(0, last),
      );
    }
    return new Waypoint(this.#stem, [container], [this.entries[last]]);
  }

  /** Lets go of every object. */
  clear(): void {
    const { containers, entries } = this;
    for (let i = 0; i < containers.length && containers[i] !== undefined; i++) {
      containers[i] = undefined;
      entries[i] = undefined;
    }
    this.#stem = undefined;
    this.#stemOf = undefined;
    this.depth = 0;
    this.origin = "";
  }
}

/** A part of the way that is behind. */
export class Waypoint {
  readonly origin: Origin;
  readonly containers: readonly object[];
  readonly entries: readonly unknown[];

  constructor(origin: Origin, containers: readonly object[], entries: readonly unknown[]) {
    this.origin = origin;
    this.containers = containers;
    this.entries = entries;
  }
}

function pathOf(origin: Origin): string {
  const parts: string[] = [];
  for (let part = origin; ; part = part.origin) {
    if (typeof part === "string") return part + parts.toReversed().join("");
    parts.push(stepsOf(part.containers, part.entries, part.containers.length));
  }
}

function stepsOf(
  containers: readonly (object | undefined)[],
  entries: readonly unknown[],
  depth: number,
): string {
  let path = "";
  for (let i = 0; i < depth; i++) path += step(containers[i]!, entries[i]);
  return path;
}

function step(container: object, entry: unknown): string {
  if (types.isMap(container)) return mapStep(container, entry as number);
  if (types.isSet(container)) return `.values()[${String(entry)}]`;
  if (typeof entry === "number") return `[${entry}]`;
  const key = String(entry);
  if (Array.isArray(container) && String(Number(key)) === key) return `[${key}]`;
  // Made where it is needed: it takes as long as 10 KB of code.
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Entry 2n is the n-th key, entry 2n + 1 its value. */
function mapStep(map: Map<unknown, unknown>, entry: number): string {
  const position = entry >>> 1;
  if (entry % 2 === 0) return `.keys()[${position}]`;
  const key: unknown = Map.prototype.keys.call(map).drop(position).next().value;
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
