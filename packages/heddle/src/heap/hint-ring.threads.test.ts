/** {@link HintRing} and {@link Parking} as a pool uses them: one thread publishes, several claim and sleep. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CLAIMED, FREE, POOL, PROGRESS, READY, RING_CAPACITY, STOP, TASK } from "./fixtures/roles.ts";
import { randomNumbers, startThread, type Thread, zeroed } from "./fixtures/threads.ts";
import { until } from "./fixtures/until.ts";
import { HintRing, Parking, settleThread, threadHeap } from "./index.ts";

const heap = threadHeap();

/** More slots than the ring has room for, so that it is full now and then. */
const SLOTS = 2 * RING_CAPACITY;
const SLOT_BYTES = 64;

class Pool {
  readonly at: Record<string, number>;
  readonly parking: Parking;
  readonly #ring: HintRing;
  readonly #random = randomNumbers(3);
  #published = 0;
  /** A slot with a task that the ring had no room for. */
  #waiting = 0;
  /** Tasks that were taken back before anybody claimed them. */
  readonly withdrawn = new Set<number>();

  constructor(tasks: number) {
    this.at = {
      control: zeroed(16),
      ring: zeroed(HintRing.sizeBytes(RING_CAPACITY)),
      parking: zeroed(Parking.sizeBytes(POOL)),
      counts: zeroed(4 * tasks),
      slots: zeroed(SLOTS * SLOT_BYTES),
    };
    this.#ring = new HintRing(heap, this.at["ring"]!, RING_CAPACITY);
    this.parking = new Parking(heap, this.at["parking"]!, POOL);
  }

  start(index: number): Thread {
    return startThread({ role: "consume", at: this.at, index });
  }

  get progress(): number {
    return heap.load(this.at["control"]! + PROGRESS);
  }

  slot(index: number): number {
    return this.at["slots"]! + index * SLOT_BYTES;
  }

  countOf(task: number): number {
    return heap.load(this.at["counts"]! + 4 * task);
  }

  /** Puts the next task into a free slot, if there is one, and now and then takes one back. */
  publishSome(upTo: number): void {
    for (let index = 0; index < SLOTS && this.#published < upTo; index++) {
      const slot = this.slot(index);
      if (this.#random(8) === 0) this.#withdraw(slot);
      if (!this.#offer(this.#waiting)) return;
      if (heap.load(slot) !== FREE) continue;
      heap.poke(slot + TASK, this.#published++);
      heap.store(slot, READY);
      this.#waiting = slot;
    }
    this.#offer(this.#waiting);
  }

  #offer(slot: number): boolean {
    if (slot === 0) return true;
    if (!this.#ring.publish(slot)) return false;
    this.parking.wakeForWork();
    this.#waiting = 0;
    return true;
  }

  #withdraw(slot: number): void {
    const task = heap.peek(slot + TASK);
    if (heap.compareExchange(slot, READY, FREE) === READY) this.withdrawn.add(task);
  }

  get isDone(): boolean {
    const states = Array.from({ length: SLOTS }, (_, index) => heap.load(this.slot(index)));
    return this.#offer(this.#waiting) && states.every((state) => state === FREE);
  }

  /** Publishes tasks up to a number, and lets the event loop turn in between. */
  async publish(upTo: number): Promise<void> {
    await until(() => {
      this.publishSome(upTo);
      return this.#published === upTo;
    });
  }

  async stop(threads: readonly Thread[]): Promise<void> {
    heap.store(this.at["control"]! + STOP, 1);
    for (let thread = 0; thread < POOL; thread++) this.parking.wake(thread);
    await Promise.all(threads.map(({ result }) => result));
    for (const { threadId } of threads) settleThread(threadId);
  }
}

describe("HintRing and Parking between threads", () => {
  test(
    "have each of 200,000 tasks claimed once or withdrawn, and lose no wake-up",
    { timeout: 60_000 },
    async () => {
      const tasks = 200_000;
      const pool = new Pool(tasks);
      const threads = [0, 1, 2].map((index) => pool.start(index));
      await pool.publish(tasks);
      // Nobody is told to stop before everything is claimed: a sleeper over a task would hang this test.
      await until(() => pool.isDone);
      await pool.stop(threads);
      for (let task = 0; task < tasks; task++) {
        assert.equal(pool.countOf(task), pool.withdrawn.has(task) ? 0 : 1, `task ${task}`);
      }
      assert.ok(pool.withdrawn.size < tasks / 2);
    },
  );

  test("go on when consumers are terminated at any moment", { timeout: 60_000 }, async () => {
    const tasks = 100_000;
    const pool = new Pool(tasks);
    const random = randomNumbers(17);
    const threads = [0, 1, 2].map((index) => pool.start(index));
    const lost = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const goal = pool.progress + 100 + random(2000);
      await until(() => {
        pool.publishSome(tasks);
        return pool.progress >= goal;
      });
      const victim = random(threads.length);
      const dead = threads[victim]!;
      await dead.kill();
      pool.parking.forget(victim);
      settleThread(dead.threadId);
      for (let index = 0; index < SLOTS; index++) {
        const slot = pool.slot(index);
        if (heap.load(slot) !== CLAIMED + victim) continue;
        lost.add(heap.peek(slot + TASK));
        heap.store(slot, FREE);
      }
      threads[victim] = pool.start(victim);
    }
    await pool.publish(tasks);
    await until(() => pool.isDone);
    await pool.stop(threads);
    for (let task = 0; task < tasks; task++) {
      const count = pool.countOf(task);
      if (lost.has(task)) assert.ok(count <= 1, `task ${task}, which a dead thread had claimed`);
      else assert.equal(count, pool.withdrawn.has(task) ? 0 : 1, `task ${task}`);
    }
  });
});
