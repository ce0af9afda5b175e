/** What real threads see of a queue can be explained by one order of their calls. */
import { describe, test } from "node:test";
import { assertLinearizable, specifications } from "@heddle/testing";
import { type RecordedCall, recordCalls } from "../../sync/fixtures/recorded.ts";
import { LifoQueue, PriorityQueue, Queue } from "../index.ts";

const ROUNDS = 300;

/** No two items are equal. */
const calls: RecordedCall<Queue<number>>[] = [
  (queue, recorder, thread, index) => {
    const item = 1000 * thread + index;
    recorder.call(thread, "putSync", [item], () => queue.putSync(item, { timeoutMs: 1 }));
  },
  (queue, recorder, thread, index) => {
    const item = 1000 * thread + index;
    recorder.call(thread, "tryPut", [item], () => queue.tryPut(item));
  },
  (queue, recorder, thread) => {
    recorder.call(thread, "getSync", [], () => queue.getSync({ timeoutMs: 1 }));
  },
  (queue, recorder, thread) => {
    recorder.call(thread, "tryGet", [], () => queue.tryGet());
  },
];

const prioritised: RecordedCall<PriorityQueue<number>>[] = [
  ...calls.slice(2),
  (queue, recorder, thread, index) => {
    const item = 1000 * thread + index;
    const options = { priority: index % 3, timeoutMs: 1 };
    recorder.call(thread, "putSync", [item, options], () => queue.putSync(item, options));
  },
];

const ending: RecordedCall<Queue<number>> = (queue, recorder, thread, index) => {
  if (index < ROUNDS - 20) return;
  recorder.call(thread, "shutdown", [], () => queue.shutdown());
};

describe("what threads see of", () => {
  for (const maxSize of [0, 1, 3]) {
    const capacity = maxSize === 0 ? Infinity : maxSize;
    test(`a Queue of maxSize ${maxSize} has one order`, async () => {
      const history = await recordCalls(new Queue<number>({ maxSize }), calls, ROUNDS);
      assertLinearizable(history, specifications.fifoQueue({ capacity }));
    });
  }

  test("a Queue that is shut down has one order", async () => {
    const history = await recordCalls(new Queue<number>({ maxSize: 2 }), [...calls, ending], ROUNDS);
    assertLinearizable(history, specifications.fifoQueue({ capacity: 2 }));
  });

  test("a LifoQueue has one order", async () => {
    const history = await recordCalls(new LifoQueue<number>({ maxSize: 3 }), calls, ROUNDS);
    assertLinearizable(history, specifications.lifoQueue({ capacity: 3 }));
  });

  test("a PriorityQueue has one order", async () => {
    const history = await recordCalls(new PriorityQueue<number>({ maxSize: 5 }), prioritised, ROUNDS);
    assertLinearizable(history, specifications.priorityQueue({ capacity: 5 }));
  });
});
