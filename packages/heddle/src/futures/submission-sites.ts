/**
 * Where a task came from, for the stack of its error.
 *
 * Taking the stack of every call would cost more than the call. So it is taken when a function is submitted for the
 * first time: nearly all functions are submitted from one place.
 *
 * @packageDocumentation
 */

import { runChunk } from "./chunk.ts";

/** Holds a stack that is not put into words before somebody reads it. */
export interface Site {
  readonly stack: string;
}

export class SubmissionSites {
  readonly #sites = new WeakMap<Function, Site>();
  #lastFunction: Function | undefined;
  #lastSite: Site | undefined;

  /** Where `fn` was submitted first: here, if it is new. A map tells its items' errors itself where it was made. */
  of(fn: Function): Site | undefined {
    if (fn === this.#lastFunction) return this.#lastSite;
    let site = this.#sites.get(fn);
    if (site === undefined && fn !== runChunk) {
      site = thisSite();
      this.#sites.set(fn, site);
    }
    this.#lastFunction = fn;
    this.#lastSite = site;
    return site;
  }
}

/** Where this is called: the callers of its caller. */
export function thisSite(): Site {
  const site = {} as Site;
  Error.captureStackTrace(site, thisSite);
  return site;
}

/** Errors that have been told. One that a body throws again and again is told once. */
const told = new WeakSet<Error>();

/** Adds the place to the stack that an error brought from its worker. */
export function tellSite(error: unknown, site: Site | undefined): void {
  if (site === undefined || !(error instanceof Error) || typeof error.stack !== "string" || told.has(error))
    return;
  told.add(error);
  // The first lines are the heading, and the caller of thisSite().
  const [, , ...frames] = site.stack.split("\n");
  try {
    error.stack = `${error.stack}\n    --- first submitted ---\n${frames.join("\n")}`;
  } catch {
    // A frozen error keeps the stack that it has.
  }
}
