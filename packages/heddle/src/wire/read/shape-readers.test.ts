import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CorruptMessageError } from "../errors.ts";
import { TestWire } from "../fixture.test.ts";

/** So often an object of a shape is read before it has a reader of its own; and some more. */
const OFTEN = 60;

const wire = new TestWire();
const RECORD = {
  count: 5,
  name: "short",
  price: 1.5,
  note: "n".repeat(60),
  more: [{ count: 300, name: "", price: -0, note: null, more: undefined }],
};
for (let i = 0; i < OFTEN; i++) wire.send(RECORD);

/** The message, in memory that ends where it ends. */
function message(): Uint8Array {
  const { bytes, start, end } = wire.encode(RECORD);
  return bytes.slice(start, end);
}

/** What a message gives; nothing when it is refused. Any other failure is passed on. */
function read(bytes: Uint8Array, end = bytes.length): unknown {
  try {
    return wire.decode({ bytes, start: 0, end });
  } catch (error) {
    if (error instanceof CorruptMessageError) return undefined;
    throw error;
  }
}

// That any byte can be changed to any other is seen to in fuzz.test.ts, whose objects come often, too.
describe("a message of objects whose shape comes often", () => {
  test("is refused when it is cut short anywhere, whatever lies behind it", () => {
    const bytes = message();
    assert.deepEqual(read(bytes), RECORD);
    for (let end = 0; end < bytes.length; end++) {
      assert.equal(read(bytes, end), undefined);
      assert.equal(read(bytes.slice(0, end)), undefined);
    }
  });

  test("gives each string its own part of the text, however long the text is", () => {
    const list = Array.from({ length: 200 }, (_, i) => ({
      ...RECORD,
      name: `${i}`.padEnd(i % 40, "."),
      note: `${i}`.repeat(i % 60),
      more: [],
    }));
    assert.deepEqual(wire.send(list), list);
  });
});
