import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { MessageChannel, MessagePort } from "node:worker_threads";
import { isMarked, mark, takeMark } from "./marks.ts";

const kinds: Record<string, () => object> = {
  "a buffer": () => new ArrayBuffer(8),
  "a port": () => new MessageChannel().port1,
  "a frozen buffer": () => Object.freeze(new ArrayBuffer(8)),
  "an object without prototype": () => Object.create(null) as object,
};

describe("a mark", () => {
  for (const [name, make] of Object.entries(kinds)) {
    test(`is on ${name} until it is taken off, once however often it was put on`, () => {
      const object = make();
      assert.equal(isMarked(object), false);
      assert.equal(takeMark(object), false);
      for (let round = 0; round < 2; round++) {
        mark(object);
        mark(object);
        assert.equal(isMarked(object), true);
        assert.equal(takeMark(object), true);
        assert.equal(isMarked(object), false);
        assert.equal(takeMark(object), false);
      }
      if (object instanceof MessagePort) object.close();
    });
  }

  test("stays on what is frozen afterwards, and can be taken off there", () => {
    const buffer = new ArrayBuffer(8);
    mark(buffer);
    Object.freeze(buffer);
    assert.equal(isMarked(buffer), true);
    assert.equal(takeMark(buffer), true);
    assert.equal(isMarked(buffer), false);
  });

  test("cannot be seen", () => {
    const marked = new ArrayBuffer(8);
    mark(marked);
    assert.deepEqual(Reflect.ownKeys(marked), []);
    assert.equal(inspect(marked), inspect(new ArrayBuffer(8)));
  });
});
