/** {@link Ring} between real threads. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { thisThread } from "../../sync/index.ts";
import type { RingRole } from "../fixtures/ring-roles.ts";
import { freeRing } from "./ring-section.ts";
import { Ring } from "./ring.ts";

const { heap, monitor } = thisThread();

function zeroed(sizeBytes: number): number {
  const block = heap.allocate(sizeBytes);
  heap.bytesTo(block + sizeBytes).fill(0, block, block + sizeBytes);
  return block;
}

interface HammerOptions {
  readonly putters: number;
  readonly getters: number;
  readonly count: number;
  readonly capacity: number;
}

class Hammer {
  readonly options: HammerOptions;
  readonly ring: Ring;
  readonly #place: Omit<RingRole, "role" | "index">;

  constructor(options: HammerOptions) {
    this.options = options;
    const { putters, count, capacity } = options;
    const object = zeroed(256);
    Ring.initialise(heap, object + 64);
    const place = { address: object + 64, flags: object + 16, capacity };
    this.ring = new Ring(heap, monitor, place);
    this.#place = {
      ring: place.address,
      flags: place.flags,
      capacity,
      count,
      marks: zeroed(4 * putters * count),
      progress: zeroed(4 * putters),
      stop: zeroed(16),
    };
  }

  start(role: RingRole["role"], index: number): { worker: Worker; ended: Promise<void> } {
    const workerData = { ...this.#place, role, index } satisfies RingRole;
    const worker = new Worker(new URL("../fixtures/ring-roles.ts", import.meta.url), { workerData });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", () => resolve());
    });
    return { worker, ended };
  }

  startAll(role: RingRole["role"], count: number) {
    return Array.from({ length: count }, (_, index) => this.start(role, index));
  }

  stop(): void {
    heap.store(this.#place.stop, 1);
  }

  /** How many items were begun. */
  get begun(): number {
    let sum = 0;
    for (let i = 0; i < this.options.putters; i++) sum += heap.load(this.#place.progress + 4 * i);
    return sum;
  }

  /** How many items did not come out, each of which must have done so at most once. */
  missing(): number {
    const { putters, count } = this.options;
    let missing = 0;
    for (let item = 0; item < putters * count; item++) {
      const times = heap.load(this.#place.marks + 4 * item);
      assert.ok(times <= 1, `item ${item} came out ${times} times`);
      if (times === 0) missing++;
    }
    return missing;
  }

  free(): void {
    assert.equal(this.ring.size, 0);
    freeRing(heap, this.ring, () => assert.fail("an item is left"));
    for (const block of [this.#place.marks, this.#place.progress, this.#place.stop]) heap.free(block);
  }
}

describe("Ring between threads", () => {
  for (const capacity of [0, 300]) {
    const kind = capacity === 0 ? "that grows" : "with a bound";
    test(`${kind} hands over each of 400,000 items once, in the order of each putter`, async () => {
      const hammer = new Hammer({ putters: 2, getters: 2, count: 200_000, capacity });
      const getters = hammer.startAll("get", 2);
      const putters = hammer.startAll("put", 2);
      await Promise.all(putters.map(({ ended }) => ended));
      hammer.stop();
      await Promise.all(getters.map(({ ended }) => ended));
      assert.equal(hammer.missing(), 0);
      hammer.free();
    });
  }

  test("loses one item at most for each thread that is terminated", { timeout: 60_000 }, async () => {
    const count = 100_000;
    const hammer = new Hammer({ putters: 1, getters: 1, count, capacity: 1000 });
    let putter = hammer.start("put", 0);
    let getter = hammer.start("get", 0);
    let kills = 0;
    for (let round = 1; round <= 10; round++) {
      while (hammer.begun < (count * round) / 12) await nextTurn();
      const kind = round % 2 === 0 ? "put" : "get";
      const victim = kind === "put" ? putter : getter;
      await victim.worker.terminate();
      kills++;
      if (kind === "put") putter = hammer.start("put", 0);
      else getter = hammer.start("get", 0);
    }
    await putter.ended;
    hammer.stop();
    await getter.ended;
    assert.ok(hammer.missing() <= kills, `${hammer.missing()} items are missing`);
    hammer.free();
  });
});
