import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setEnvironmentData } from "node:worker_threads";
import { HeapFullError } from "./heap.ts";
import {
  FRONTIER_WORD,
  LAYOUT_VERSION,
  MAGIC,
  MAGIC_WORD,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  SERIAL_WORD,
  VERSION_WORD,
} from "./layout.ts";
import { threadHeap } from "./thread-heap.ts";

const LIMIT = 64;

interface Memory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => Memory;
};

/** A small memory, which another thread seems to grow just before this one does. */
class ContestedMemory implements Memory {
  readonly #memory = new WebAssembly.Memory({ initial: 32, maximum: LIMIT, shared: true });
  /** How often the other one comes first, with a page each time. */
  contests = 0;

  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  grow(pages: number): number {
    if (this.contests-- > 0) this.#memory.grow(1);
    return this.#memory.grow(pages);
  }
}

const memory = new ContestedMemory();
const words = new Int32Array(memory.buffer);
words[MAGIC_WORD / 4] = MAGIC;
words[VERSION_WORD / 4] = LAYOUT_VERSION;
words[FRONTIER_WORD / 4] = 1;
words[SERIAL_WORD / 4] = 1;
setEnvironmentData("heddle.heap", { memory, pageLimit: LIMIT });
const heap = threadHeap();

describe("threadHeap()", () => {
  test("is one heap, however often it is asked for", () => {
    assert.equal(threadHeap(), heap);
  });
});

describe("Heap.allocate()", () => {
  test("refuses what is no size, and says so", () => {
    for (const size of [-1, 1.5, NaN, Infinity]) {
      assert.throws(() => heap.allocate(size), {
        name: "RangeError",
        message: `Cannot allocate ${size} bytes: a size is a whole number, 0 or more`,
      });
    }
  });

  test("throws HeapFullError for any size that the heap can never hold", () => {
    for (const sizeBytes of [LIMIT * PAGE_BYTES, 2 ** 32 - 1, 2 ** 32, 2 ** 40]) {
      assert.throws(() => heap.allocate(sizeBytes), {
        name: "HeapFullError",
        sizeBytes,
        limitBytes: LIMIT * PAGE_BYTES,
      });
    }
  });

  test("grows to the last page even if another thread grows the heap at the same moment", () => {
    for (let count = 0; count < 3; count++) heap.allocate(16 * PAGE_BYTES - PAGE_HEADER_BYTES);
    while (heap.load(FRONTIER_WORD) < 56) heap.allocate(PAGE_BYTES - PAGE_HEADER_BYTES);
    memory.contests = 4;
    const last = heap.allocate(8 * PAGE_BYTES - PAGE_HEADER_BYTES);
    assert.equal(last, 56 * PAGE_BYTES + PAGE_HEADER_BYTES);
    assert.equal(heap.bytes.length, LIMIT * PAGE_BYTES);
    assert.throws(() => heap.allocate(5000), HeapFullError);
    heap.free(last);
    heap.free(heap.allocate(5000));
  });
});

describe("Heap.nextSerial()", () => {
  test("never gives a number twice", () => {
    assert.notEqual(heap.nextSerial(), heap.nextSerial());
  });
});

describe("Heap words", () => {
  const word = heap.allocate(16);

  test("give the value from before, as 32-bit integers", () => {
    heap.store(word, 5);
    assert.equal(heap.add(word, 2), 5);
    assert.equal(heap.and(word, 6), 7);
    assert.equal(heap.or(word, 8), 6);
    assert.equal(heap.exchange(word, -1), 14);
    assert.equal(heap.compareExchange(word, 0, 3), -1);
    assert.equal(heap.compareExchange(word, -1, 2 ** 31), -1);
    assert.equal(heap.load(word), -(2 ** 31));
    heap.poke(word, 2 ** 32 + 7);
    assert.equal(heap.peek(word), 7);
  });

  test("can be waited on, with and without blocking", async () => {
    heap.store(word, 1);
    assert.equal(heap.wait(word, 0), "not-equal");
    assert.equal(heap.wait(word, 1, 0), "timed-out");
    assert.equal(heap.waitAsync(word, 0), "not-equal");
    const woken = heap.waitAsync(word, 1, 60_000);
    assert.equal(heap.notify(word), 1);
    assert.equal(await woken, "ok");
    assert.equal(heap.notify(word), 0);
  });

  test("beyond the end of the heap are refused", () => {
    assert.throws(() => heap.load(LIMIT * PAGE_BYTES), RangeError);
  });
});
