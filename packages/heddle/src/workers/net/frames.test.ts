import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { frameHead, FrameReader } from "./frames.ts";

function takeAll(reader: FrameReader): number[][] {
  const all: number[][] = [];
  for (let frame = reader.take(); frame !== undefined; frame = reader.take()) all.push([...frame]);
  return all;
}

describe("FrameReader", () => {
  test("gives the messages that were sent, however the stream was cut", () => {
    const message = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.infiniteStream(fc.nat({ max: 9 })),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.flatMap((bytes) => [frameHead(bytes.length), bytes]));
          const reader = new FrameReader(40);
          const taken: number[][] = [];
          for (let at = 0; at < stream.length;) {
            const size = cuts.next().value as number;
            reader.push(stream.subarray(at, at + size));
            at += size;
            taken.push(...takeAll(reader));
          }
          taken.push(...takeAll(reader));
          assert.deepEqual(
            taken,
            messages.map((bytes) => [...bytes]),
          );
          assert.equal(reader.isBetween, true);
        },
      ),
    );
  });

  test("gives nothing that was not sent of bytes that are anything, and takes no more room than they have", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
        const reader = new FrameReader(16);
        let size = 0;
        try {
          for (const chunk of chunks) {
            reader.push(chunk);
            for (const frame of takeAll(reader)) size += 4 + frame.length;
          }
        } catch (error) {
          assert.equal((error as { code: string }).code, "ERR_HEDDLE_FRAME_TOO_LONG");
          assert.throws(() => reader.take(), { code: "ERR_HEDDLE_FRAME_TOO_LONG" });
        }
        assert.ok(size <= chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      }),
    );
  });

  test("refuses a message above the limit when its length is known, and takes one of the limit", () => {
    const reader = new FrameReader(3);
    reader.push(frameHead(3));
    reader.push(Uint8Array.of(1, 2, 3));
    assert.deepEqual(takeAll(reader), [[1, 2, 3]]);
    reader.push(frameHead(4));
    assert.throws(() => reader.take(), { code: "ERR_HEDDLE_FRAME_TOO_LONG", lengthBytes: 4 });
  });

  test("knows whether it is in the middle of a message", () => {
    const reader = new FrameReader(8);
    for (const part of [Uint8Array.of(2), Uint8Array.of(0, 0, 0), Uint8Array.of(1)]) {
      reader.push(part);
      assert.equal(reader.take(), undefined);
      assert.equal(reader.isBetween, false);
    }
    reader.push(Uint8Array.of(1));
    assert.deepEqual(takeAll(reader), [[1, 1]]);
    assert.equal(reader.isBetween, true);
  });
});
