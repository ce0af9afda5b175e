/**
 * Functions that are made again and again, and take nothing from outside: `submit((a, b) => a + b, 1, 2)` in a loop
 * makes one for each round. Nothing tells them apart, so they share a record.
 *
 * @packageDocumentation
 */
import { publishing } from "../publishing-later.ts";
import type { FunctionNode } from "./nodes.ts";
import type { HeapRecord } from "../records.ts";
import { RecentMap } from "../recent-map.ts";

/** How many texts are known at least. */
const KNOWN_TEXTS = 256;

export class Twins {
  readonly #known = new RecentMap<string, { name: string; record: HeapRecord }>(KNOWN_TEXTS);

  /** Notes a published function, if others may take its place. */
  add({ fn, captured, record, hasProperties }: FunctionNode): void {
    if (
      captured?.kind !== "code" ||
      hasProperties ||
      !canHaveTwins(fn) ||
      !publishing().standsAlone(captured.code)
    )
      return;
    this.#known.set(captured.code.text.text, { name: fn.name, record: record! });
  }

  /** The record of a function like `fn`. */
  recordOf(fn: Function): HeapRecord | undefined {
    const twin = this.#known.get(Function.prototype.toString.call(fn));
    return twin !== undefined && twin.name === fn.name && canHaveTwins(fn) ? twin.record : undefined;
  }
}

/** What can be constructed has a prototype to put things on; and whether it is strict shows in its `this`. */
function canHaveTwins(fn: Function): boolean {
  return !Object.hasOwn(fn, "prototype") && Object.keys(fn).length === 0;
}
