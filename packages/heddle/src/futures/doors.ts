/**
 * The functions that users call to have something run: where those were called is where it came from.
 *
 * @packageDocumentation
 */
import { callSiteOf, type Site, thisSite } from "../workers/index.ts";

/** Those that may call others of them come first. */
const doors: Function[] = [];

/** Users call these. They may call those that were declared before. */
export function declareDoors(...functions: readonly Function[]): void {
  doors.unshift(...functions);
}

/**
 * Where a user has called what runs now. In words, as what has not been put into words keeps alive whom the frames belong to: an
 * executor among them.
 */
export function siteOfUser(): Site {
  for (const door of doors) {
    const { stack, skip } = callSiteOf(door);
    // Nothing but a heading, where that does not run.
    if (stack.includes("\n")) return { stack, skip };
  }
  const { stack, skip } = thisSite();
  return { stack, skip };
}
