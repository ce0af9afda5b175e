/**
 * What happened before what, by vector clocks, and which plain accesses race.
 *
 * Source: C. Flanagan, S. Freund, "FastTrack: Efficient and Precise Dynamic Race Detection" (2009), for the clocks that
 * move on only when something is released.
 *
 * @packageDocumentation
 */

/** What each thread knows of the others: up to which of their releases it has seen, and its own time. */
export type Clock = readonly number[];

/** How a thread touches a word. */
export interface Access {
  readonly thread: number;
  readonly plain: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
}

const TIMES_PER_THREAD = 4;
const PLAIN_READ = 0;
const PLAIN_WRITE = 1;
const ATOMIC_READ = 2;
const ATOMIC_WRITE = 3;

/** When each thread last touched a word: four numbers for each. Empty for a word that nobody has touched. */
export type Times = readonly number[];

export const UNTOUCHED: Times = [];

/** The clock of a thread that has seen nothing of the others. */
export function firstClock(thread: number, threads: number): Clock {
  return Array.from({ length: threads }, (_, index) => Number(index === thread));
}

/** The clock of a thread after it has released what it knows. */
export function tick(clock: Clock, thread: number): Clock {
  const ticked = clock.slice();
  ticked[thread]!++;
  return ticked;
}

/** The later of two clocks, thread by thread. */
export function later(one: Clock, other: Clock | undefined): Clock {
  if (other === undefined) return one;
  for (let thread = 0; thread < one.length; thread++) {
    if (other[thread]! > one[thread]!) return one.map((time, index) => Math.max(time, other[index]!));
  }
  return one;
}

/**
 * Which other thread's access this one races with; -1 for none.
 *
 * Two accesses race when one of them writes, one of them is plain, and neither happened before the other.
 */
export function racesWith(times: Times, access: Access, clock: Clock): number {
  if (times.length === 0) return -1;
  for (let other = 0; other < clock.length; other++) {
    if (other === access.thread) continue;
    const known = clock[other]!;
    const first = other * TIMES_PER_THREAD;
    if (times[first + PLAIN_WRITE]! > known) return other;
    if (access.plain && times[first + ATOMIC_WRITE]! > known) return other;
    if (!access.writes) continue;
    if (times[first + PLAIN_READ]! > known) return other;
    if (access.plain && times[first + ATOMIC_READ]! > known) return other;
  }
  return -1;
}

/** The times of a word after an access; the same ones where it adds nothing. */
export function touched(times: Times, access: Access, clock: Clock): Times {
  const first = access.thread * TIMES_PER_THREAD;
  const now = clock[access.thread]!;
  const read = first + (access.plain ? PLAIN_READ : ATOMIC_READ);
  const write = first + (access.plain ? PLAIN_WRITE : ATOMIC_WRITE);
  if ((!access.reads || times[read] === now) && (!access.writes || times[write] === now)) return times;
  const after =
    times.length > 0 ? times.slice() : Array.from({ length: clock.length * TIMES_PER_THREAD }, () => 0);
  if (access.reads) after[read] = now;
  if (access.writes) after[write] = now;
  return after;
}
