/** {@link ChannelCore} where the heap is full. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HeapFullError } from "#heap";
import { MODEL, OBJECTS, seatThreads, sitDown } from "../../sync/fixtures/model.ts";
import { CellCoder } from "../cells/cells.ts";
import { ChannelCore } from "./channel-core.ts";
import { FLAGS, initialiseChannel, STOPPED } from "./channel-layout.ts";
import { NOT_YET, PASSED, UNBOUNDED } from "./channel-words.ts";
import { FullHeap } from "../fixtures/full-heap.ts";

const CELLS = 2;

describe("a channel in a heap that is full", () => {
  for (const way of ["fast", "through the gate"]) {
    test(`refuses a value, keeps all others, and goes on when there is memory: ${way}`, () => {
      const heap = new FullHeap(MODEL);
      seatThreads(heap, 1);
      const { monitor } = sitDown(heap, 0);
      initialiseChannel(heap, OBJECTS, UNBOUNDED, CELLS);
      const core = new ChannelCore(heap, monitor, OBJECTS, { cells: CELLS });
      const cell = new CellCoder(heap);
      const send = (value: number): void => {
        cell.write(value, "value");
        // Somebody has looked at the channel, and has not gone on yet.
        if (way !== "fast") heap.store(OBJECTS + FLAGS, STOPPED);
        assert.equal(core.sendNow(cell), PASSED);
      };
      const receive = (): unknown => {
        assert.equal(core.receiveNow(cell), PASSED);
        return cell.take();
      };
      send(1);
      send(2);
      heap.isFull = true;
      for (let round = 0; round < 3; round++) {
        assert.throws(
          () => send(3),
          (error) => error instanceof HeapFullError && error.limitBytes === 65536,
        );
      }
      assert.equal(core.size, 2);
      heap.isFull = false;
      send(3);
      assert.deepEqual([receive(), receive(), receive()], [1, 2, 3]);
      assert.equal(core.receiveNow(cell), NOT_YET);
    });
  }
});
