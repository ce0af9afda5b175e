/** Which worker has nothing to do. */
import type { Board } from "../board/board.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";

/**
 * A worker that would begin a call now; -1 for none. Calls that others might begin there first rule that out.
 *
 * Where the call that is being made is the only one, that is any that is ready: one that has just handed back a result goes on to look for
 * more, and does not say so at once.
 */
export function idleWorker(board: Board, crew: Crew, calls: Calls, concurrency: number): number {
  const { parking } = board;
  if (board.offered > 0) return -1;
  const isAlone = calls.active <= 1;
  for (let worker = 0; worker < crew.places; worker++) {
    if (!crew.takesWork(worker) || calls.pinnedTo(worker) >= concurrency) continue;
    if (parking.isSpinning(worker) || parking.isAsleep(worker)) return worker;
    if (isAlone && crew.isReady(worker)) return worker;
  }
  return -1;
}
