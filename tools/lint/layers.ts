/**
 * Which file may import which.
 *
 * Each folder of `packages/heddle/src` is a layer. It imports from the layers before it in the list, through their
 * `index.ts` or that of a folder in it, and the heap by the name `#heap`, so that another heap can take its place. Tests may
 * look upwards, and at fixtures.
 * The files beside those folders are the package's public entries, and import any layer.
 *
 * Between packages, and from examples, benches and tools, a package is imported by its name, never by a path.
 */
import { posix } from "node:path";

/** The layers of `packages/heddle/src`, each standing on those before it. */
const layers: readonly string[] = [
  "parts",
  "heap",
  "wire",
  "portable",
  "scopes",
  "sync",
  "queues",
  "workers",
  "futures",
  "tasks",
  "shared",
  "stm",
  "parallel",
  "managers",
];

/**
 * What a layer has for others, and what a folder of it has for parts alone: whatever the first names is loaded with the layer.
 */
const DOOR = /^(?:[\w-]+\/)?index\.ts$/;

/** What of the heap is for those who do without the rest of it. */
const BARE = "bare/index.ts";

/** What is loaded when it is used, if it is not imported: see `parts/load-part.ts`. */
const PART = /^heddle-[\w-]+\.ts$|^[\w-]+-later\.ts$/;

/** Where a file stands. */
interface Place {
  /** The folder in `packages/`, if it is in one. */
  readonly home: string | undefined;
  /** Whether it is published: in a package's `src`, and no test. */
  readonly published: boolean;
  /** The folder in `packages/heddle/src`; "" for a file beside those folders: a public entry of the package. */
  readonly layer: string | undefined;
  /** The path from the layer's folder on. */
  readonly path: string;
}

/**
 * What is wrong with an import; undefined when nothing is.
 *
 * @param file - The importing file, from the repository's root on, with forward slashes.
 * @param specifier - As it is written in the import.
 */
export function importFault(file: string, specifier: string): string | undefined {
  const from = placeOf(file);
  if (from.layer && !layers.includes(from.layer))
    return `"${from.layer}" is no layer: see tools/lint/layers.ts`;
  if (!specifier.startsWith(".")) return namedFault(from, specifier);

  const to = placeOf(posix.join(posix.dirname(file), specifier));
  if (from.home !== to.home) {
    if (to.home !== undefined) return `Import package "${to.home}" by its name, not by a path`;
    return from.published ? "A package imports only its own files" : undefined;
  }
  if (from.published && !to.published) return "What is published imports only what is published";
  if (to.layer === undefined || to.layer === from.layer) return undefined;
  // The tests of a layer may use what others' tests stand on, and what programs do.
  if (!from.published && (to.path.startsWith("fixtures/") || to.layer === "")) return undefined;
  if (to.layer === "heap" && to.path !== BARE) return `Import the heap as "#heap"`;
  if (!DOOR.test(to.path) && !PART.test(to.path)) return `Import layer "${to.layer}" through its index.ts`;
  return from.published ? orderFault(from, to) : undefined;
}

function namedFault(from: Place, specifier: string): string | undefined {
  if (specifier === "#heap" && from.layer === "heap") return "Inside the heap, import its files relatively";
  if (from.layer !== undefined && from.published && /^heddle($|\/)/.test(specifier)) {
    return "Inside package heddle, import its layers relatively";
  }
  return undefined;
}

function orderFault(from: Place, to: Place): string | undefined {
  if (from.layer === "" || from.layer === undefined) return undefined;
  if (to.layer === "") return `Layer "${from.layer}" may not import a public entry, which stands above it`;
  if (layers.indexOf(to.layer ?? "") < layers.indexOf(from.layer)) return undefined;
  return `Layer "${from.layer}" may not import "${to.layer}", which stands above it`;
}

function placeOf(file: string): Place {
  const [, home, inside = ""] = /^packages\/([^/]+)\/(.*)$/.exec(file) ?? [];
  const [, source] = /^src\/(.*)$/.exec(inside) ?? [];
  const published = source !== undefined && !/\.test(-d)?\.ts$|(^|\/)fixtures\//.test(source);
  if (home !== "heddle" || source === undefined) return { home, published, layer: undefined, path: inside };
  const [, layer = "", path = source] = /^([^/]+)\/(.*)$/.exec(source) ?? [];
  return { home, published, layer, path };
}
