import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Heap, HeapFullError, threadHeap } from "#heap";
import { Decoder } from "../codec/decoder.ts";
import { CorruptMessageError } from "../errors.ts";
import { FakeHooks, TestWire } from "../fixture.test.ts";
import { OFTEN, Shape } from "../write/shapes.ts";
import { NO_NUMBER, SharedShapes } from "./shared-shapes.ts";

const heap = threadHeap();

/** A heap of its own for each, as far as lists are concerned: the word where their table is found is another. */
function otherHeap(part: Partial<Heap> = {}): Heap {
  const own = heap.allocate(16);
  heap.poke(own, 0);
  const at = (address: number): number => (address === 132 ? own : address);
  return {
    ...part,
    load: (address: number) => heap.load(at(address)),
    compareExchange: (address: number, expected: number, value: number) =>
      heap.compareExchange(at(address), expected, value),
    peek: (address: number) => heap.peek(address),
    poke: (address: number, value: number) => heap.poke(address, value),
    allocate: part.allocate ?? ((size: number) => heap.allocate(size)),
    free: (address: number) => heap.free(address),
    bytesTo: (end: number) => heap.bytesTo(end),
  } as Heap;
}

class SharingHooks extends FakeHooks {
  readonly shapes: SharedShapes;

  constructor(shapes: SharedShapes) {
    super();
    this.shapes = shapes;
  }
}

const sharing = (place: Heap): TestWire => new TestWire(new SharingHooks(new SharedShapes(place)));

function sendOften(wire: TestWire, value: unknown): void {
  for (let i = 0; i < OFTEN; i++) wire.send(value);
}

/** The bytes of a message, as characters. */
function textOf(wire: TestWire, value: unknown): string {
  const { bytes, start, end } = wire.encode(value);
  return Buffer.from(bytes.slice(start, end)).toString("latin1");
}

const blockOf = (...keys: string[]): Int32Array => new Shape(keys).block;

describe("SharedShapes.publish()", () => {
  test("gives a list the same number whoever asks, and another list another", () => {
    const place = otherHeap();
    const [one, other] = [new SharedShapes(place), new SharedShapes(place)];
    const numbers = ["a", "b", "c", "d"].map((key) => one.publish(blockOf(key, "z")));
    assert.deepEqual(
      ["d", "c", "b", "a"].map((key) => other.publish(blockOf(key, "z"))),
      numbers.toReversed(),
    );
    assert.equal(new Set(numbers).size, 4);
  });

  test("gives a list no number where others have all the slots in which it would be looked for", () => {
    const shapes = new SharedShapes(otherHeap(), 8);
    const numbers = Array.from({ length: 8 }, (_, i) => shapes.publish(blockOf(`key ${i}`)));
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    assert.equal(shapes.publish(blockOf("one more")), NO_NUMBER);
    assert.equal(shapes.publish(blockOf("key 5")), numbers[5]);
  });

  test("gives a list of very much text no number", () => {
    const keys = Array.from({ length: 64 }, (_, i) => `${i}`.padEnd(40, "-"));
    assert.equal(new SharedShapes(otherHeap()).publish(blockOf(...keys)), NO_NUMBER);
  });

  test("gives a list no number while the heap is full, and fails nothing", () => {
    let isFull = true;
    const place = otherHeap({
      allocate: (size) => {
        if (isFull) throw new HeapFullError(size, 0);
        return heap.allocate(size);
      },
    });
    const shapes = new SharedShapes(place);
    assert.equal(shapes.publish(blockOf("a")), NO_NUMBER);
    isFull = false;
    assert.notEqual(shapes.publish(blockOf("a")), NO_NUMBER);
  });
});

describe("messages to whoever has the same heap", () => {
  const RECORD = { identifier: 1, elsewhere: { latitude: 1.5, longitude: -2 }, rest: ["x"] };

  test("do not spell out the keys of objects that come often", () => {
    const wire = sharing(otherHeap());
    assert.match(textOf(wire, [RECORD, RECORD]), /identifier.*longitude/s);
    sendOften(wire, RECORD);
    assert.doesNotMatch(textOf(wire, RECORD), /identifier|longitude/);
    assert.deepEqual(wire.send(RECORD), RECORD);
  });

  test("are read by who has never met the keys", () => {
    const place = otherHeap();
    const wire = sharing(place);
    sendOften(wire, RECORD);
    const { bytes, start, end } = wire.encode([RECORD, RECORD]);
    const reader = new Decoder(new SharingHooks(new SharedShapes(place)));
    assert.deepEqual(reader.decode(bytes, start, end, []), [RECORD, RECORD]);
  });

  test("spell the keys out for who has another heap, or none", () => {
    sendOften(sharing(otherHeap()), RECORD);
    const alone = new TestWire();
    assert.match(textOf(alone, RECORD), /identifier.*longitude/s);
    assert.deepEqual(alone.send(RECORD), RECORD);
  });

  test("that go by turns into two heaps name the keys by the number that they have there", () => {
    const place = otherHeap();
    const [here, there] = [sharing(otherHeap()), sharing(place)];
    const thereShapes = new SharedShapes(place);
    // Others come first there, and take the numbers.
    for (let i = 0; i < 300; i++) thereShapes.publish(blockOf(`other ${i}`));
    for (let i = 0; i < 2 * OFTEN; i++) {
      assert.deepEqual(here.send(RECORD), RECORD);
      assert.deepEqual(there.send(RECORD), RECORD);
    }
  });

  test("arrive as they were, with references and in instances, too", () => {
    class Point {
      latitude = 1;
      longitude = 2;
    }
    const wire = sharing(otherHeap());
    sendOften(wire, RECORD);
    sendOften(wire, { latitude: 1, longitude: 2 });
    const value: Record<string, unknown> = { ...RECORD, elsewhere: new Point() };
    value["rest"] = [value, RECORD.elsewhere, RECORD.elsewhere];
    assert.deepStrictEqual(wire.send(value), value);
    fc.assert(
      fc.property(fc.anything({ withDate: true, withMap: true, withSet: true }), (anything) => {
        const object = {
          identifier: anything,
          elsewhere: { latitude: anything, longitude: 1 },
          rest: anything,
        };
        assert.deepStrictEqual(wire.send(object), structuredClone(object));
      }),
      { numRuns: 200 },
    );
  });

  test("that name a number which no list has are refused", () => {
    const wire = sharing(otherHeap());
    sendOften(wire, RECORD);
    const { bytes, start, end } = wire.encode(RECORD);
    const message = bytes.slice(start, end);
    for (let number = 0; number < 0x10000; number += 7) {
      new DataView(message.buffer).setUint16(3, number, true);
      try {
        wire.decode({ bytes: message, start: 0, end: message.length });
      } catch (error) {
        assert.ok(error instanceof CorruptMessageError);
      }
    }
    assert.throws(
      () => new TestWire().decode({ bytes: message, start: 0, end: message.length }),
      /Cannot decode message: it names a shape that nobody knows/,
    );
  });
});
