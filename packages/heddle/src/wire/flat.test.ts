import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Decoder } from "./codec/decoder.ts";
import { Encoder } from "./codec/encoder.ts";
import { CorruptMessageError } from "./errors.ts";
import { TestWire } from "./fixture.test.ts";
import type { Region } from "./hooks.ts";

const wire = new TestWire();
/** One for all messages, as the memory that threads share: a decoder knows it from the second message on. */
const bytes = new Uint8Array(256);
const decoder = new Decoder(wire.hooks);
decoder.decode(bytes, 0, wire.encoder.encode(null, { bytes, start: 0, end: 256 }, "value"), []);

const flat = fc.oneof(
  fc.integer(),
  fc.integer({ min: -40, max: 140 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, 0, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1),
);
/** With, now and then, one value among them that is more. */
const others = fc.oneof({ weight: 4, arbitrary: flat }, fc.constantFrom("text", 1n, [1], { a: 1 }));

describe("a message of plain values", () => {
  test("is read as it was written, alone and as arguments, whatever was sent before", () => {
    fc.assert(
      fc.property(
        fc.array(others, { maxLength: 12 }),
        others,
        fc.integer({ min: 0, max: 50 }),
        (list, value, start) => {
          const region = { bytes, start, end: 256 };
          const listed = wire.encoder.encodeArguments(list, region);
          assert.deepStrictEqual(decoder.decode(bytes, start, start + listed, []), list);
          const alone = wire.encoder.encode(value, region, "value");
          assert.deepStrictEqual(decoder.decode(bytes, start, start + alone, []), value);
        },
      ),
    );
  });

  test("is written into a region that has to grow for it", () => {
    const regionOf = (size: number): Region => ({ bytes: new Uint8Array(size), start: 0, end: size });
    const encoder: Encoder = new Encoder(wire.hooks, (used, needed) => {
      const bigger = regionOf(needed);
      bigger.bytes.set(encoder.region.bytes.subarray(0, used));
      return bigger;
    });
    for (let size = 2; size < 70; size++) {
      const args = [1, 0.5, 2 ** 30, null, undefined, true, -7];
      const length = encoder.encodeArguments(args, regionOf(size));
      const { bytes: written, start } = encoder.region;
      assert.deepStrictEqual(decoder.decode(written, start, start + length, []), args);
    }
  });

  test("is refused when it is cut short, goes on, or says what it does not know", () => {
    const args = [1, 0.5, 2 ** 30, null, undefined, true, -7];
    const length = wire.encoder.encodeArguments(args, { bytes, start: 0, end: 256 });
    for (let end = 0; end < length; end++)
      assert.throws(() => decoder.decode(bytes, 0, end, []), CorruptMessageError, `cut at ${end}`);
    assert.throws(() => decoder.decode(bytes, 0, length + 1, []), CorruptMessageError);
    for (const [at, byte] of [
      [0, 0xd2],
      [1, 0x80],
      [3, 0xff],
    ] as const) {
      const before = bytes[at]!;
      bytes[at] = byte;
      assert.throws(() => decoder.decode(bytes, 0, length, []), CorruptMessageError, `byte ${at}`);
      bytes[at] = before;
    }
    assert.deepStrictEqual(decoder.decode(bytes, 0, length, []), args);
  });

  test("has nothing beside it, whatever the one before had", () => {
    const buffer = new ArrayBuffer(8);
    const { port1, port2 } = new MessageChannel();
    wire.encoder.encodeArguments([port1, buffer], { bytes, start: 0, end: 256 });
    assert.equal(wire.encoder.sideItems.length, 1);
    wire.encoder.encodeArguments([1, 2], { bytes, start: 0, end: 256 });
    assert.equal(wire.encoder.sideItems.length, 0);
    assert.equal(wire.encoder.transferList.length, 0);
    port1.close();
    port2.close();
  });
});
