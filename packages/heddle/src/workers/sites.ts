/**
 * Where something was begun, for the stack of an error that comes of it elsewhere.
 *
 * @packageDocumentation
 */

/** Holds a stack that is not put into words before somebody reads it. */
export interface Site {
  readonly stack: string;
  /** How many lines of it say nothing to a user: the heading, and frames of ours. */
  readonly skip: number;
}

/** Where this is called: the callers of its caller. */
export function thisSite(): Site {
  const site = { skip: 2 } as Site;
  Error.captureStackTrace(site, thisSite);
  return site;
}

/** Where a function was called that runs now: its callers. */
export function callSiteOf(fn: Function): Site {
  const site = { skip: 1 } as Site;
  Error.captureStackTrace(site, fn);
  return site;
}

/** Errors that have been told. One that a body throws again and again is told once. */
const told = new WeakSet<Error>();

/**
 * Adds a place to the stack that an error brought along.
 *
 * @param heading - What was done there.
 * @param site - From {@link thisSite} or {@link callSiteOf}; `undefined` where it is not known.
 */
export function tellOrigin(error: unknown, heading: string, site: Site | undefined): void {
  if (!(error instanceof Error) || typeof error.stack !== "string" || told.has(error)) return;
  told.add(error);
  const frames = site?.stack.split("\n").slice(site.skip) ?? [];
  const value = [error.stack, `    --- ${heading} ---`, ...frames].join("\n");
  // A frozen error keeps the stack that it has.
  Reflect.defineProperty(error, "stack", { value, configurable: true, writable: true });
}
