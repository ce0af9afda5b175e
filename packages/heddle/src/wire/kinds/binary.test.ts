import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import { transfer } from "./transfer.ts";
import { TestWire } from "../fixture.test.ts";

const wire = new TestWire();

describe("buffers and views", () => {
  const kinds = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    Float16Array,
  ];
  for (const kind of kinds)
    test(`${kind.name} comes back, from any offset`, () => {
      for (const length of [0, 1, 3, 1000]) {
        const value = new kind(length);
        for (let i = 0; i < length; i++) value[i] = i * 3 - 100;
        for (let i = 0; i < 8; i++) {
          const back = wire.send([value])[0]!;
          assert.deepStrictEqual(back, value);
          assert.equal(back.constructor, kind);
        }
      }
    });

  test("BigInt64Array, BigUint64Array, DataView and ArrayBuffer come back", () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    for (const value of [
      new BigInt64Array(buffer),
      new BigUint64Array(buffer, 8),
      new DataView(buffer, 3, 5),
      buffer,
      new ArrayBuffer(0),
    ]) {
      assert.deepStrictEqual(wire.send(value), value);
    }
  });

  test("that share memory share it afterwards", () => {
    const buffer = new ArrayBuffer(16);
    const back = wire.send({
      bytes: new Uint8Array(buffer, 4, 4),
      words: new Int32Array(buffer),
      buffer,
      view: new DataView(buffer, 8),
    });
    back.words[1] = 0x04030201;
    assert.deepEqual([...back.bytes], [1, 2, 3, 4]);
    assert.equal(back.bytes.buffer, back.buffer);
    assert.equal(back.view.buffer, back.buffer);
    assert.equal(back.bytes.byteOffset, 4);
  });

  test("come back resizable", () => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    new Uint8Array(buffer).set([1, 2, 3]);
    const value = {
      buffer,
      tracking: new Uint8Array(buffer, 2),
      words: new Int16Array(buffer),
      fixed: new Uint8Array(buffer, 2, 6),
      view: new DataView(buffer),
      short: new DataView(buffer, 0, 4),
    };
    const back = wire.send(value);
    assert.deepStrictEqual(back, value);
    back.buffer.resize(16);
    assert.deepEqual(
      [
        back.tracking.length,
        back.words.length,
        back.fixed.length,
        back.view.byteLength,
        back.short.byteLength,
      ],
      [14, 8, 6, 16, 4],
    );
    assert.equal(buffer.byteLength, 8);
  });

  test("of full resizable buffers come back fixed or tracking as they were", () => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
    const back = wire.send({
      buffer,
      tracking: new Uint8Array(buffer),
      fixed: new Uint8Array(buffer, 0, 8),
      part: new Uint8Array(buffer, 7, 1),
    });
    back.buffer.resize(4);
    assert.deepEqual([back.tracking.length, back.fixed.length, back.part.length], [4, 0, 0]);
  });

  test("that have lost their bytes are refused", () => {
    const buffer = new ArrayBuffer(8, { maxByteLength: 64 });
    const view = new Uint8Array(buffer, 4, 4);
    buffer.resize(2);
    assert.throws(() => wire.send({ view }), { path: "args.view", code: "ERR_HEDDLE_NOT_CLONEABLE" });
    const moved = new ArrayBuffer(8);
    const views = [new Uint8Array(moved), new DataView(moved), Buffer.from(moved)];
    structuredClone(moved, { transfer: [moved] });
    for (const lost of views)
      assert.throws(() => wire.send([lost]), { path: "args[0]", code: "ERR_HEDDLE_NOT_CLONEABLE" });
    assert.throws(() => wire.send([{ moved }]), { path: "args[0].moved", code: "ERR_HEDDLE_NOT_CLONEABLE" });
  });

  test("a megabyte asks for room once", () => {
    const { growths } = wire;
    const value = new Uint8Array(1 << 20).fill(7);
    assert.deepStrictEqual(wire.send(value), value);
    assert.equal(wire.growths, growths + 1);
  });
});

describe("Buffer", () => {
  test("comes back as one, with its own bytes and no more", () => {
    const value = Buffer.from("hello wörld");
    const message = wire.encode(value);
    assert.ok(message.end - message.start < 30);
    const back = wire.send(value);
    assert.ok(Buffer.isBuffer(back));
    assert.deepStrictEqual(back, value);
  });

  test("comes back whole, whatever its length, and wherever it and what goes before it lie", () => {
    const memory = Buffer.from({ length: 400 } as ArrayLike<number>).map((_, i) => (i * 7) & 255);
    for (const length of [0, 1, 63, 64, 65, 129]) {
      for (let offset = 0; offset < 8; offset++) {
        const part = memory.subarray(offset, offset + length);
        const [before, back, after] = wire.send(["x".repeat(offset), part, -offset]);
        assert.deepEqual([before, after], ["x".repeat(offset), -offset]);
        assert.deepEqual([...(back as Buffer)], [...part]);
      }
    }
  });

  test("that is all of its memory shares it with the views beside it", () => {
    const value = Buffer.alloc(32, 5);
    const back = wire.send({ value, again: value, bytes: new Uint8Array(value.buffer) });
    assert.ok(Buffer.isBuffer(back.value));
    assert.equal(back.value, back.again);
    back.bytes[3] = 77;
    assert.equal(back.value[3], 77);
  });

  test("on shared memory stays on it", () => {
    const memory = new SharedArrayBuffer(16);
    const value = Buffer.from(memory, 4, 8);
    const back = wire.send(value);
    back.writeUInt8(9, 0);
    assert.ok(Buffer.isBuffer(back));
    assert.equal(new Uint8Array(memory)[4], 9);
  });
});

describe("large buffers", () => {
  test("are copied beside the message where that was asked for, and keep what they share", () => {
    const encoder = new Encoder(new TestWire().hooks, () => assert.fail("the message is short"), {
      copiesAsideFrom: 1024,
    });
    const region = { bytes: new Uint8Array(256), start: 0, end: 256 };
    const buffer = new ArrayBuffer(1024);
    const bytes = new Uint8Array(buffer).fill(7);
    const end = encoder.encode([buffer, bytes, new ArrayBuffer(8)], region, "args");
    assert.equal(buffer.byteLength, 1024);
    assert.deepEqual(encoder.sideItems, encoder.transferList);
    const [copy] = encoder.sideItems as [ArrayBuffer];
    assert.notEqual(copy, buffer);
    bytes.fill(8);
    const back = new Decoder(new TestWire().hooks).decode(region.bytes, 0, end, encoder.sideItems) as [
      ArrayBuffer,
      Uint8Array,
      ArrayBuffer,
    ];
    assert.equal(back[0], copy);
    assert.equal(back[1].buffer, copy);
    assert.ok(back[1].every((byte) => byte === 7));
    assert.equal(back[2].byteLength, 8);
  });
});

describe("shared memory", () => {
  test("is not copied, nor are views on it", () => {
    const memory = new SharedArrayBuffer(64);
    const value = {
      memory,
      words: new Int32Array(memory, 8, 2),
      view: new DataView(memory, 1),
      words2: new Int32Array(memory),
    };
    const back = wire.send(value);
    back.words[0] = 42;
    assert.equal(new Int32Array(memory)[2], 42);
    assert.equal(back.words.buffer, back.memory);
    assert.equal(back.words2.buffer, back.memory);
    assert.equal(back.view.byteLength, 63);
  });

  test("that grows keeps growing under a view", () => {
    const memory = new SharedArrayBuffer(8, { maxByteLength: 64 });
    const back = wire.send({
      memory,
      tracking: new Uint8Array(memory),
      fixed: new Uint8Array(memory, 0, 8),
      buffer: Buffer.from(memory, 0, 8),
    });
    assert.equal(back.tracking.buffer, back.memory);
    assert.equal(back.fixed.buffer, back.memory);
    memory.grow(32);
    assert.deepEqual([back.memory.byteLength, back.tracking.length, back.fixed.length], [32, 32, 8]);
    back.tracking[0] = 3;
    assert.equal(new Uint8Array(memory)[0], 3);
    assert.equal(back.buffer[0], 3);
  });
});

describe("transfer()", () => {
  test("moves a buffer, and all views on it, once", () => {
    const value = new Uint8Array(1000).fill(3);
    const first = wire.send({ value: transfer(value), other: new DataView(value.buffer, 10) });
    assert.equal(value.length, 0);
    assert.equal(first.value.length, 1000);
    assert.equal(first.other.buffer, first.value.buffer);
    const second = wire.send(first.value);
    assert.equal(first.value.length, 1000);
    assert.deepStrictEqual(second, first.value);
  });

  test("moves a Buffer that has memory of its own", () => {
    const value = transfer(Buffer.allocUnsafeSlow(100).fill(1));
    const back = wire.send(value);
    assert.ok(Buffer.isBuffer(back));
    assert.equal(value.length, 0);
    assert.equal(back.length, 100);
  });

  test("keeps the mark, and the buffer, when sending fails", () => {
    const buffer = transfer(new ArrayBuffer(8));
    assert.throws(() => wire.encode([buffer, Symbol("x")]), { path: "args[1]" });
    assert.deepEqual([wire.encoder.sideItems.length, wire.encoder.transferList.length], [0, 0]);
    assert.equal(buffer.byteLength, 8);
    wire.send([buffer]);
    assert.equal(buffer.byteLength, 0);
  });

  test("of something inside an error that falls back is not half done", () => {
    const buffer = transfer(new ArrayBuffer(8));
    const error = Object.assign(new Error("x"), { broken: { all: [buffer, Symbol("x")] } });
    assert.equal((wire.send(error) as { broken?: unknown }).broken, "[Object: cannot travel]");
    assert.deepEqual([wire.encoder.sideItems.length, wire.encoder.transferList.length], [0, 0]);
    assert.equal(buffer.byteLength, 8);
    wire.encode(buffer);
    assert.deepEqual(wire.encoder.transferList, [buffer]);
  });

  test("refuses at once what can only be copied, and says why", () => {
    const cases: [unknown, RegExp][] = [
      [null, /it is null, which can only be copied or shared/],
      [undefined, /it is undefined, which can only be copied/],
      [{}, /it is an Object, which can only be copied or shared; send it as it is/],
      [[], /it is an Array/],
      [new SharedArrayBuffer(8), /it is a SharedArrayBuffer, which can only be copied or shared/],
      [Buffer.from("pooled"), /its memory is shared with others, as small Buffers are cut from one pool/],
    ];
    for (const [value, message] of cases)
      assert.throws(() => transfer(value as object), { code: "ERR_HEDDLE_NOT_CLONEABLE", message });
  });

  test("refuses a proxy, and calls none of its traps", () => {
    const { proxy, revoke } = Proxy.revocable(new ArrayBuffer(8), {});
    revoke();
    assert.throws(() => transfer(proxy), { code: "ERR_HEDDLE_NOT_CLONEABLE", message: /it is a Proxy/ });
  });

  test("gives back what it was given", () => {
    const view = new Uint8Array(8);
    assert.equal(transfer(view), view);
  });
});
