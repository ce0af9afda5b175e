import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { HintRing } from "./hint-ring.ts";

const ring = (heap: ModelHeap): HintRing => new HintRing(heap, 0, 4);

/** Passes everything that is in the ring. */
function hints(consumer: HintRing): number[] {
  const seen: number[] = [];
  for (let hint = consumer.peekHint(); hint !== 0; hint = consumer.peekHint()) {
    seen.push(hint);
    consumer.advance();
  }
  return seen;
}

describe("HintRing", () => {
  test("offers hints oldest first, as often as it is asked, until one is passed", () => {
    const heap = new ModelHeap();
    const [producer, consumer] = [ring(heap), ring(heap)];
    assert.equal(consumer.peekHint(), 0);
    producer.publish(64);
    producer.publish(2 ** 32 - 64);
    assert.deepEqual([consumer.peekHint(), consumer.peekHint()], [64, 64]);
    consumer.advance();
    assert.equal(consumer.peekHint(), 2 ** 32 - 64);
    assert.equal(consumer.size, 1);
  });

  test("refuses a hint when it is full, and takes it once there is room", () => {
    const heap = new ModelHeap();
    const [producer, consumer] = [ring(heap), ring(heap)];
    for (const hint of [1, 2, 3, 4]) assert.equal(producer.publish(hint), true);
    assert.equal(producer.publish(5), false);
    assert.equal(producer.size, 4);
    consumer.peekHint();
    consumer.advance();
    assert.equal(producer.publish(5), true);
    assert.deepEqual(hints(consumer), [2, 3, 4, 5]);
  });

  test("goes round many times", () => {
    const heap = new ModelHeap();
    const [producer, consumer] = [ring(heap), ring(heap)];
    for (let hint = 1; hint <= 100; hint++) {
      producer.publish(hint);
      if (hint % 3 === 0) assert.deepEqual(hints(consumer), [hint - 2, hint - 1, hint]);
    }
  });

  test("passes a hint once, whoever passes it", () => {
    const heap = new ModelHeap();
    const [producer, one, other] = [ring(heap), ring(heap), ring(heap)];
    for (const hint of [1, 2, 3]) producer.publish(hint);
    assert.deepEqual([one.peekHint(), other.peekHint()], [1, 1]);
    one.advance();
    other.advance();
    assert.deepEqual(hints(other), [2, 3]);
  });
});
