/**
 * Where something was begun, for the stack of an error that comes of it elsewhere.
 *
 * @packageDocumentation
 */

/** Holds a stack that is not put into words before somebody reads it. */
export interface Site {
  readonly stack: string;
}

/** Where this is called: the callers of its caller. */
export function thisSite(): Site {
  const site = {} as Site;
  Error.captureStackTrace(site, thisSite);
  return site;
}

/** Errors that have been told. One that a body throws again and again is told once. */
const told = new WeakSet<Error>();

/**
 * Adds a place to the stack that an error brought along.
 *
 * @param heading - What was done there.
 * @param site - From {@link thisSite}; `undefined` where it is not known.
 */
export function tellOrigin(error: unknown, heading: string, site: Site | undefined): void {
  if (!(error instanceof Error) || typeof error.stack !== "string" || told.has(error)) return;
  told.add(error);
  // The first lines are the heading, and the caller of thisSite().
  const frames = site?.stack.split("\n").slice(2) ?? [];
  const value = [error.stack, `    --- ${heading} ---`, ...frames].join("\n");
  // A frozen error keeps the stack that it has.
  Reflect.defineProperty(error, "stack", { value, configurable: true, writable: true });
}
