/**
 * The begin of tasks: after the code that runs now, in the order in which their groups were first spawned in, and some at
 * a time, so that those that are quick have ended before the next begin, and never all live at once.
 *
 * @packageDocumentation
 */

/** Has tasks that have not begun. */
export interface Beginner {
  /** Begins tasks, at most so many. Gives how many more may begin; 0 if some are left that could. */
  begin(most: number): number;
}

/** So many tasks begin in one microtask. */
const BATCH = 64;

/** Whoever is told by it is told in a microtask: for less than by `queueMicrotask`, which makes an `AsyncResource`. */
const SOON = Promise.resolve();

/** From `first` on. */
let waiting: (Beginner | undefined)[] = [];
let first = 0;
let isScheduled = false;

/** Has `beginner` called soon. */
export function beginSoon(beginner: Beginner): void {
  waiting.push(beginner);
  if (!isScheduled) schedule();
}

function schedule(): void {
  isScheduled = true;
  void SOON.then(beginSome);
}

function beginSome(): void {
  for (let left = BATCH; first < waiting.length;) {
    left = waiting[first]!.begin(left);
    if (left === 0) return schedule();
    waiting[first++] = undefined;
  }
  isScheduled = false;
  waiting = [];
  first = 0;
}
