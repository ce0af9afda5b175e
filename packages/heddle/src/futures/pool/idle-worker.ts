/** Which worker has nothing to do. */
import type { Board } from "../board/board.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";

/** A worker that would begin a call now; -1 for none. Calls that others might begin there first rule that out. */
export function idleWorker(board: Board, crew: Crew, calls: Calls, concurrency: number): number {
  const { parking } = board;
  if (board.offered > 0) return -1;
  for (const worker of crew) {
    const idle = parking.isAsleep(worker) || parking.isSpinning(worker);
    if (idle && calls.pinnedTo(worker) < concurrency) return worker;
  }
  return -1;
}
