import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { audit } from "./fixtures/audit.ts";
import { PROGRESS, STOP, TAKEN } from "./fixtures/roles.ts";
import { randomNumbers, startThread, type Thread, zeroed } from "./fixtures/threads.ts";
import { until } from "./fixtures/until.ts";
import type { Pages } from "./heap.ts";
import { DoneList, settleThread, threadHeap } from "./index.ts";

const heap = threadHeap();
const PRODUCERS = 3;

/** Takes what producers hand over, and checks that nothing of any of them is missing, doubled or out of order. */
class Consumer {
  readonly #list: DoneList;
  /** The last item of each producer. */
  readonly last: number[] = [];

  readonly #taken: number;

  constructor(at: { list: number; control: number }) {
    this.#list = new DoneList(heap, at.list);
    this.#taken = at.control + TAKEN;
  }

  /** Gives whether there was something to take. */
  take(): boolean {
    const first = this.#list.takeAll();
    for (let node = first; node !== 0;) {
      const next = heap.peek(node) >>> 0;
      const producer = heap.peek(node + 4);
      const item = heap.peek(node + 8);
      assert.equal(item, (this.last[producer] ?? 0) + 1, `item ${item} of producer ${producer} out of turn`);
      this.last[producer] = item;
      heap.free(node);
      heap.add(this.#taken, 1);
      node = next;
    }
    return first !== 0;
  }

  async takeUntil(ended: () => boolean): Promise<void> {
    for (;;) {
      const isLast = ended();
      if (this.take()) {
        await nextTurn();
        continue;
      }
      if (isLast) return;
      if (!this.#list.trySleep()) continue;
      const woken = this.#list.waitAsync();
      // The end of the producers rings as well: see I3.
      if (typeof woken !== "string") await woken;
      this.#list.awake();
    }
  }

  /** For whoever learns of the end of a producer. */
  ring(): void {
    heap.notify(this.#list.address);
  }
}

describe("DoneList between threads", () => {
  test(
    "hands over 150,000 nodes of three producers, each once and in order",
    { timeout: 60_000 },
    async () => {
      const at = { control: zeroed(16), list: zeroed(16) };
      const consumer = new Consumer(at);
      const threads = Array.from({ length: PRODUCERS }, (_, index) =>
        startThread({ role: "produce", at, index, count: 50_000 }),
      );
      let left = PRODUCERS;
      for (const { result } of threads) void result.finally(() => (left--, consumer.ring())).catch(() => {});
      await consumer.takeUntil(() => left === 0);
      await Promise.all(threads.map(({ result }) => result));
      assert.deepEqual(consumer.last, [50_000, 50_000, 50_000]);
      audit(heap as unknown as Pages, { held: [at.control, at.list], arenas: PRODUCERS + 1 });
      for (const { threadId } of threads) settleThread(threadId);
    },
  );

  test(
    "goes on when producers are terminated at any moment, and loses nothing of the others",
    { timeout: 60_000 },
    async () => {
      const at = { control: zeroed(16), list: zeroed(16) };
      const consumer = new Consumer(at);
      const random = randomNumbers(11);
      const start = (index: number): Thread => startThread({ role: "produce", at, index });
      const threads = [0, 1, 2].map(start);
      /** Which producer each of them is. */
      const producers = [0, 1, 2];
      let isOver = false;
      const taking = consumer.takeUntil(() => isOver);
      for (let round = 3; round < 19; round++) {
        const goal = heap.load(at.control + PROGRESS) + 500 + random(5000);
        await until(() => heap.load(at.control + PROGRESS) >= goal);
        const victim = random(threads.length);
        await threads[victim]!.kill();
        consumer.ring();
        settleThread(threads[victim]!.threadId);
        threads[victim] = start(round);
        producers[victim] = round;
      }
      heap.store(at.control + STOP, 1);
      const produced = (await Promise.all(threads.map(({ result }) => result))) as number[];
      isOver = true;
      consumer.ring();
      await taking;
      assert.deepEqual(
        producers.map((producer) => consumer.last[producer] ?? 0),
        produced,
      );
      audit(heap as unknown as Pages, { held: [at.control, at.list], arenas: PRODUCERS + 2, died: true });
    },
  );
});
