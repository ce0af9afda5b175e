import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CorruptMessageError, NotLoadedError } from "./errors.ts";
import { TestWire } from "./fixture.test.ts";
import { registerHandle } from "./kinds/handles.ts";
import { SHARED_BUFFER, WIRE_VERSION } from "./tags.ts";

class Point {
  x = 1;
  y = [2, 3];
}
class Bag extends Map<string, unknown> {
  size2 = 2;
}
class Oops extends Error {
  code = "E";
}
class Handle {
  readonly address: number;
  constructor(address: number) {
    this.address = address;
  }
}
registerHandle("fuzz.Handle/1", Handle, {
  address: (handle) => handle.address,
  revive: (address) => new Handle(address),
});

const ring: Record<string, unknown> = { name: "ring" };
ring["self"] = ring;
ring["list"] = [ring, { a: ring }];

const CORPUS: unknown[] = [
  undefined,
  null,
  true,
  5,
  300,
  -1.5,
  "text",
  "x".repeat(30),
  "x".repeat(100),
  "日本語",
  2n ** 70n,
  Symbol.iterator,
  Symbol.for("key"),
  [],
  [1, 2],
  Array.from({ length: 20 }, (_, i) => i),
  Array.from({ length: 20 }, (_, i) => i / 3),
  [1, , "x"],
  Object.assign([1], { x: 2 }),
  {},
  { a: 1 },
  { a: { b: { c: [1, "two", null] } } },
  [
    { id: 1, name: "a" },
    { id: 2, name: "b" },
    { id: 3, name: "c" },
  ],
  Object.assign(Object.create(null) as object, { a: 1 }),
  ring,
  new Map<unknown, unknown>([
    [1, { a: 1 }],
    ["k", new Set([1, [2]])],
  ]),
  new Date(5),
  /a+/gi,
  Object(1),
  Object("s"),
  new URL("http://x/y?z"),
  new URLSearchParams("a=b"),
  new Headers([["a", "b"]]),
  new Uint8Array([1, 2, 3]),
  new Float64Array([1.5, 2.5]),
  new DataView(new ArrayBuffer(9), 1),
  Buffer.from("buffer"),
  new ArrayBuffer(5, { maxByteLength: 10 }),
  new Error("x", { cause: new TypeError("y") }),
  new AggregateError([new Oops("z")], "all"),
  new DOMException("stop", "AbortError"),
  new Point(),
  [new Point(), new Point(), new Point()],
  new Bag([["k", new Point()]]),
  Point,
  AbortSignal.abort("why"),
  new Handle(4096),
];

/** Every message of the corpus, as first seen and as it is once its key lists are known. */
function messages(): Uint8Array[] {
  const wire = new TestWire();
  const all: Uint8Array[] = [];
  for (let round = 0; round < 3; round++) {
    for (const value of CORPUS) {
      const { bytes, start, end } = wire.encode(value);
      all.push(bytes.slice(start, end));
    }
  }
  return all;
}

/** The other side has the functions of the corpus; damaged messages ask it for others. */
const reader = new TestWire();
reader.hooks.functions.push(Point, Bag, Oops);

/** Decodes a damaged message: to some value, or not at all. */
function survive(bytes: Uint8Array): "refused" | "decoded" {
  // A number of shared memory that this thread does not know is no damage: it would ask the other threads.
  if (bytes.includes(SHARED_BUFFER)) return "refused";
  try {
    reader.decode({ bytes, start: 0, end: bytes.length });
    return "decoded";
  } catch (error) {
    if (error instanceof CorruptMessageError) return "refused";
    // It names shared memory that nobody has announced, which a thread asks the others for.
    if (error instanceof NotLoadedError) return "refused";
    if (error instanceof RangeError && error.message.startsWith("no function")) return "refused";
    throw error;
  }
}

/** Mulberry32: the same damage on every run. */
function randomBy(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe("a message", () => {
  test("cut short anywhere is refused", () => {
    for (const message of messages()) {
      for (let length = 0; length < message.length; length++)
        assert.equal(survive(message.slice(0, length)), "refused");
    }
  });

  test("cut short in a bigger memory is refused, whatever lies behind it", () => {
    for (const message of messages()) {
      for (let length = 0; length < message.length; length++) {
        assert.throws(() => reader.decode({ bytes: message, start: 0, end: length }), CorruptMessageError);
      }
    }
  });

  test("with something behind it is refused", () => {
    for (const message of messages())
      assert.equal(survive(Buffer.concat([message, Buffer.from([0])])), "refused");
  });

  test("with any one byte changed to any other is refused, or is some value", () => {
    for (const message of messages().slice(CORPUS.length)) {
      for (let at = 0; at < message.length; at += message.length > 100 ? 7 : 1) {
        const damaged = message.slice();
        for (let byte = 0; byte < 256; byte += 3) {
          damaged[at] = byte;
          survive(damaged);
        }
      }
    }
  });

  test("damaged at random, twenty thousand times, is refused, or is some value", () => {
    const random = randomBy(20_261_121);
    const all = messages();
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 20_000; round++) {
      const damaged = all[random(all.length)]!.slice();
      for (let times = random(8); times >= 0; times--)
        damaged[2 + random(Math.max(1, damaged.length - 2))] = random(256);
      if (random(4) === 0) damaged[1] = random(8);
      survive(damaged);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 30);
  });

  test("of random bytes is refused, or is some value", () => {
    const random = randomBy(7);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: 2 + random(60) }, () => random(256));
      bytes.set([WIRE_VERSION, random(8)]);
      if (random(2) === 0)
        for (let i = 2; i < bytes.length; i++) if (random(2) === 0) bytes[i] = 0xb8 + random(0x31);
      survive(bytes);
    }
  });

  test("that promises more than it holds is refused before room is made for it", () => {
    const lengths = {
      LATIN1_STRING: 0xbe,
      UTF16_STRING: 0xbf,
      ARRAY: 0xc4,
      INT32_ARRAY: 0xc5,
      FLOAT64_ARRAY: 0xc6,
      BIGINT: 0xca,
      MAP: 0xcb,
      SET: 0xcc,
      ARRAY_BUFFER: 0xd3,
      RESIZABLE_BUFFER: 0xd4,
      BUFFER_PART: 0xe1,
    };
    for (const head of Object.values(lengths)) {
      const bytes = new Uint8Array(30);
      bytes.set([WIRE_VERSION, 0, head, 0xff, 0xff, 0xff, 0xfe]);
      assert.equal(survive(bytes), "refused");
    }
  });

  test("whose text is not what its strings take is refused", () => {
    const text = (flags: number, value: readonly number[], characters: string, count: number): Uint8Array =>
      Uint8Array.from([WIRE_VERSION, flags, ...value, ...Buffer.from(characters), count, 0, 0, 0]);
    const one = 0x81;
    assert.equal(survive(text(2, [one], "a", 1)), "decoded");
    assert.equal(survive(text(6, [one], "ab", 1)), "decoded");
    assert.equal(survive(text(2, [one], "ab", 2)), "refused");
    assert.equal(survive(text(2, [0x82], "a", 1)), "refused");
    assert.equal(survive(text(2, [one], "a", 200)), "refused");
    assert.equal(survive(text(6, [one], "", 1)), "refused");
    assert.equal(survive(text(2, [one, one], "a", 1)), "refused");
    assert.equal(survive(Uint8Array.from([WIRE_VERSION, 0, one])), "refused");
    assert.equal(survive(Uint8Array.from([WIRE_VERSION, 2, 0x80])), "refused");
    assert.equal(survive(text(2, [0xe5, 1], "a", 1)), "decoded");
  });

  test("nested beyond measure is refused", () => {
    for (const head of [[0xa9], [0xcc, 1, 0, 0, 0], [0xcb, 2, 0, 0, 0, 1], [0xd2], [0xdf], [0xc2, 0x80]]) {
      const bytes = new Uint8Array(2 + 100_000 * head.length);
      bytes.set([WIRE_VERSION, 0]);
      for (let at = 2; at < bytes.length; at += head.length) bytes.set(head, at);
      assert.equal(survive(bytes), "refused");
    }
  });

  test("of another version is refused, and says so", () => {
    const bytes = messages()[0]!;
    bytes[0] = 0x01;
    assert.throws(() => reader.decode({ bytes, start: 0, end: bytes.length }), {
      name: "CorruptMessageError",
      code: "ERR_HEDDLE_CORRUPT_MESSAGE",
      message: `Cannot decode message: it begins with 1, which is not the version ${WIRE_VERSION} that this release of Heddle reads`,
    });
  });

  test("that was refused leaves the decoder as it was", () => {
    const [message] = messages().slice(-1);
    for (let i = 0; i < 10; i++) {
      assert.equal(survive(message!.slice(0, -1)), "refused");
      assert.equal(survive(message!), "decoded");
    }
  });
});
