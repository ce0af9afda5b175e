import type { JoinedHeap } from "#heap";
import type { Board } from "../board/board.ts";
import type { Cores } from "../board/spin.ts";

/** The core that a worker runs on, and that of the owner of its pool. */
export class WorkerCores implements Cores {
  readonly #heap: JoinedHeap;
  readonly #board: Board;

  constructor(heap: JoinedHeap, board: Board) {
    this.#heap = heap;
    this.#board = board;
  }

  get isShared(): boolean {
    const { core } = this.#heap;
    return core >= 0 && core === this.#board.ownerCore;
  }

  leave(): boolean {
    return this.#heap.leaveCore();
  }
}
