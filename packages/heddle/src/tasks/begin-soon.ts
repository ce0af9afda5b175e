/**
 * The begin of tasks: after the code that runs now, and in the order in which bare function calls would run: what a task spawns in a
 * group of its own begins before the task beside it. So of a large tree only few branches are under way at once, and what quick
 * tasks leave behind is collected while it is young; in order of their levels all of its tasks would live at once.
 *
 * @packageDocumentation
 */

/** Has tasks that have not begun. */
export interface Beginner {
  /** Begins the next one, if there is one that may begin. If not, it is forgotten, and has to ask again. */
  beginNext(): boolean;
}

/** So many tasks begin in one microtask: those that are quick have ended before the next ones begin. */
const BATCH = 64;

/** Whoever is told by it is told in a microtask: for less than by `queueMicrotask`, which makes an `AsyncResource`. */
const SOON = Promise.resolve();

/** The last one comes first. */
const waiting: Beginner[] = [];
let isScheduled = false;

/** Has `beginner` called soon. */
export function beginSoon(beginner: Beginner): void {
  waiting.push(beginner);
  if (isScheduled) return;
  isScheduled = true;
  void SOON.then(beginSome);
}

function beginSome(): void {
  for (let left = BATCH; waiting.length > 0;) {
    if (left === 0) return void SOON.then(beginSome);
    const beginner = waiting.at(-1)!;
    if (beginner.beginNext()) left--;
    else waiting.pop();
  }
  isScheduled = false;
}
