/** {@link idleWorker}: who gets at once what has to be moved with a call. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadHeap } from "#heap";
import { Board } from "../board/board.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";
import { idleWorker } from "./idle-worker.ts";

const WORKERS = 2;

/** A pool of two workers that have begun to look for work, with so many calls under way, the one that is being made included. */
function pool(active: number, isReady = true) {
  const board = Board.create(threadHeap(), WORKERS);
  const crew = { places: WORKERS, takesWork: () => true, isReady: () => isReady } as unknown as Crew;
  const calls = { active, pinnedTo: () => 0 } as unknown as Calls;
  return { board, idle: () => idleWorker(board, crew, calls, 1) };
}

describe("what has to be moved with a call", () => {
  test("goes at once to a worker that looks for work, or sleeps", () => {
    const { board, idle } = pool(WORKERS);
    assert.equal(idle(), -1);
    board.parking.prepareSleep(1);
    assert.equal(idle(), 1);
    assert(board.parking.tryStartSpinning(0, 1));
    assert.equal(idle(), 0);
    board.free();
  });

  test("goes at once to one that has handed back its result and does not look yet, where there is no other call", () => {
    const { board, idle } = pool(1);
    assert.equal(idle(), 0);
    board.free();
  });

  test("stays here while calls wait that a worker may begin first", () => {
    const { board, idle } = pool(1);
    board.ring.publish(board.location.address);
    assert.equal(idle(), -1);
    board.free();
  });

  test("stays here while no worker has begun to look for work", () => {
    const { board, idle } = pool(1, false);
    assert.equal(idle(), -1);
    board.free();
  });
});
