/** What real threads see of a channel can be explained by one order of their calls. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertLinearizable, specifications } from "@heddle/testing";
import { type RecordedCall, recordCalls } from "../../sync/fixtures/recorded.ts";
import { Channel, selectSync, trySelect } from "../index.ts";

const ROUNDS = 300;

/** No two values are equal. */
const calls: RecordedCall<Channel<number>>[] = [
  (channel, recorder, thread, index) => {
    const value = 1000 * thread + index;
    recorder.call(thread, "sendSync", [value], () => channel.sendSync(value, { timeoutMs: 1 }));
  },
  (channel, recorder, thread, index) => {
    const value = 1000 * thread + index;
    recorder.call(thread, "trySend", [value], () => channel.trySend(value));
  },
  (channel, recorder, thread) => {
    recorder.call(thread, "receiveSync", [], () => channel.receiveSync({ timeoutMs: 1 }));
  },
  (channel, recorder, thread) => {
    recorder.call(thread, "tryReceive", [], () => channel.tryReceive());
  },
  (channel, recorder, thread) => {
    recorder.call(thread, "size", [], () => channel.size);
  },
];

const selecting: RecordedCall<Channel<number>>[] = [
  (channel, recorder, thread, index) => {
    const value = 1000 * thread + index;
    recorder.call(thread, "sendSync", [value], () => {
      selectSync({ sent: channel.sending(value) }, { timeoutMs: 1 });
    });
  },
  (channel, recorder, thread) => {
    recorder.call(thread, "receiveSync", [], () => {
      const { value } = selectSync({ channel, never: new Channel<number>() }, { timeoutMs: 1 }) as {
        value: number;
      };
      return value;
    });
  },
  (channel, recorder, thread, index) => {
    const value = 1000 * thread + index;
    recorder.call(
      thread,
      "trySend",
      [value],
      () => trySelect({ sent: channel.sending(value) }) !== undefined,
    );
  },
];

const ending: RecordedCall<Channel<number>> = (channel, recorder, thread, index) => {
  if (index < ROUNDS - 20) return;
  recorder.call(thread, "close", [], () => channel.close());
};

describe("what threads see of", () => {
  for (const capacity of [1, 3]) {
    test(`a Channel of capacity ${capacity} has one order`, async () => {
      const history = await recordCalls(new Channel<number>(capacity), calls, ROUNDS);
      assertLinearizable(history, specifications.channel({ capacity }));
    });
  }

  test("a Channel without capacity has one order, in which who sends and who receives meet", async () => {
    const history = await recordCalls(new Channel<number>(), [...calls, ...selecting], ROUNDS);
    assertLinearizable(history, specifications.rendezvous());
    const received = history.filter(
      ({ name, result }) => name === "receiveSync" && typeof result === "number",
    );
    assert.ok(received.length > 0, "nobody met");
  });

  test("a Channel without capacity that is closed has one order", async () => {
    const history = await recordCalls(new Channel<number>(), [...calls, ending], ROUNDS);
    assertLinearizable(history, specifications.rendezvous());
  });

  test("a Channel that is used by selects as well has one order", async () => {
    const history = await recordCalls(new Channel<number>(2), [...calls, ...selecting], ROUNDS);
    assertLinearizable(history, specifications.channel({ capacity: 2 }));
  });

  test("a Channel that is closed has one order", async () => {
    const history = await recordCalls(new Channel<number>(2), [...calls, ending], ROUNDS);
    assertLinearizable(history, specifications.channel({ capacity: 2 }));
  });
});
