/**
 * Where a task came from, for the stack of its error.
 *
 * Taking the stack of every call would cost more than the call. So it is taken when a function is submitted for the
 * first time: nearly all functions are submitted from one place.
 *
 * @packageDocumentation
 */

/** Holds a stack that is not put into words before somebody reads it. */
export interface Site {
  readonly stack: string;
}

export class SubmissionSites {
  readonly #sites = new WeakMap<Function, Site>();
  #lastFunction: Function | undefined;
  #lastSite: Site | undefined;

  /** Where `fn` was submitted first: here, if it is new. */
  of(fn: Function): Site {
    if (fn === this.#lastFunction) return this.#lastSite!;
    let site = this.#sites.get(fn);
    if (site === undefined) {
      site = {} as Site;
      Error.captureStackTrace(site);
      this.#sites.set(fn, site);
    }
    this.#lastFunction = fn;
    this.#lastSite = site;
    return site;
  }
}

/** Adds the place to the stack that an error brought from its worker. */
export function tellSite(error: unknown, site: Site): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  // The first lines are the heading, and this file.
  const [, , ...frames] = site.stack.split("\n");
  try {
    error.stack = `${error.stack}\n    --- first submitted ---\n${frames.join("\n")}`;
  } catch {
    // A frozen error keeps the stack that it has.
  }
}
