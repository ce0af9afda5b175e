import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Lock } from "../../sync/index.ts";
import { NotLoadedError } from "../../wire/index.ts";
import { MessageCodec } from "./message-codec.ts";

const CORRUPT = { code: "ERR_HEDDLE_CORRUPT_MESSAGE" };

describe("MessageCodec", () => {
  const codec = new MessageCodec();

  test("brings back what it wrote, for this process and for others", () => {
    class Point {
      x = 1;
    }
    const value = {
      list: [1, "two", new Map([[3n, new Date(4)]])],
      point: new Point(),
      fn: (n: number) => n + 1,
    };
    for (const isAbroad of [false, true]) {
      const read = codec.decode(codec.encode(value, "value", isAbroad).bytes, isAbroad) as typeof value;
      assert.deepEqual(read.list, value.list);
      assert.ok(read.point instanceof Point);
      assert.equal(read.fn(1), 2);
    }
  });

  test("keeps what a message in this process only names", () => {
    const lock = new Lock();
    const { bytes, kept } = codec.encode([lock], "value", false);
    assert.deepEqual(kept, [lock]);
    assert.deepEqual(codec.decode(bytes, false), [lock]);
  });

  test("takes no address in this process's heap from another process, though the message says that it is from here", () => {
    const lock = codec.encode([new Lock()], "value", false).bytes;
    assert.throws(() => codec.decode(lock, true), CORRUPT);
    // The same, without its flag and trailer.
    const bodyEnd = 5 + new DataView(lock.buffer).getUint32(1, true);
    const bare = Uint8Array.of(0, ...lock.subarray(5, bodyEnd));
    assert.throws(() => codec.decode(bare, true), CORRUPT);
    const fn = codec.encode(() => 1, "value", false).bytes;
    const bareFn = Uint8Array.of(0, ...fn.subarray(5, 5 + new DataView(fn.buffer).getUint32(1, true)));
    assert.throws(() => codec.decode(bareFn, true), CORRUPT);
    const shared = codec.encode(new SharedArrayBuffer(8), "value", false).bytes;
    assert.throws(() => codec.decode(shared, true), CORRUPT);
  });

  test("refuses damaged messages from other processes, at once", () => {
    const whole = codec.encode(
      { fn: (n: number) => n * 2, text: "text", more: [1, 2.5, null] },
      "value",
      true,
    ).bytes;
    fc.assert(
      fc.property(
        fc.nat({ max: whole.length - 1 }),
        fc.nat({ max: 255 }),
        fc.nat({ max: whole.length }),
        (at, byte, end) => {
          const damaged = whole.slice(0, end);
          if (at < end) damaged[at] = byte;
          try {
            codec.decode(damaged, true);
          } catch (error) {
            // A module that it names may have to be loaded; what it does not have is never waited for.
            assert.ok(
              error instanceof Error &&
                !(error instanceof NotLoadedError && error.message.includes("shared")),
            );
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
