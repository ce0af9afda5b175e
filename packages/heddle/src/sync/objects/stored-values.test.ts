import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { functions } from "../../portable/functions-later.ts";
import { HeapFullError, Ledger, threadHeap } from "#heap";
import { fromModule, functionTable } from "../../portable/index.ts";
import { NotLoadedError, transfer } from "../../wire/index.ts";
import { addressOf, storedValuesIn } from "../index.ts";
import { Box, claimsAt } from "./fixtures/box.ts";
import { collect, collectUntil } from "../../heap/fixtures/collect.ts";
import { StoredValues } from "./stored-values.ts";

const heap = threadHeap();
const stored = storedValuesIn(threadHeap());

const throughHeap = <T>(value: T): T => stored.take(stored.store(value, "item")) as T;

describe("a stored value", () => {
  test("comes back as it was, of any kind that can travel", () => {
    const numbers = [1, -0, 1.5, NaN, 2n ** 70n, new Date(5), new Uint16Array([1, 2])];
    const texts = ["", "short", "länger ".repeat(100), "日本", Symbol.for("x"), /x/g];
    const others = [true, null, undefined, new Map([[1, { a: [2] }]]), new Set(["a"])];
    for (const value of [...numbers, ...texts, ...others]) assert.deepEqual(throughHeap(value), value);
    const ring: { self?: unknown } = {};
    ring.self = ring;
    const back = throughHeap(ring);
    assert.equal(back.self, back);
  });

  test("may be of any length, and stands beside others of other lengths", () => {
    const texts = Array.from({ length: 200 }, (_, i) => String(i).padEnd((i * i * 7919) % 40_000, "."));
    const addresses = texts.map((text) => stored.store({ text }, "item"));
    assert.deepEqual(
      addresses.map((address) => (stored.take(address) as { text: string }).text),
      texts,
    );
    const big = new Uint8Array(3_000_000).fill(7);
    assert.deepEqual(throughHeap(big), big);
  });

  test("takes about as much room as it needs", () => {
    stored.take(stored.store("x".repeat(100_000), "item"));
    const before = heap.bytes.length;
    const addresses = Array.from({ length: 20_000 }, (_, i) => stored.store({ i }, "item"));
    assert.ok(heap.bytes.length - before < 20_000 * 200, `${heap.bytes.length - before} bytes`);
    for (const address of addresses) stored.drop(address);
  });

  test("may be stored by a getter of one that is being stored", () => {
    let inner = 0;
    const outer = {
      get inner() {
        inner = stored.store("within", "item");
        return "without";
      },
    };
    assert.deepEqual(throughHeap(outer), { inner: "without" });
    assert.equal(stored.take(inner), "within");
  });

  test("leaves nothing behind when it is taken, or dropped", () => {
    const round = (): void => {
      for (let i = 0; i < 2000; i++) {
        const address = stored.store({ i, text: "x".repeat(i) }, "item");
        if (i % 2 === 0) stored.take(address);
        else stored.drop(address);
      }
    };
    round();
    const before = heap.bytes.length;
    for (let i = 0; i < 10; i++) round();
    assert.equal(heap.bytes.length, before);
  });
});

describe("what a stored value refers to", () => {
  test("is held by it", async () => {
    const put = (): [item: number, box: number] => {
      const box = new Box(9);
      return [stored.store([box, { box }], "item"), addressOf(box)];
    };
    const [item, address] = put();
    await collectUntil(() => claimsAt(address) === 1);
    const take = (): number => (stored.take(item) as [Box, { box: Box }])[1].box.value;
    assert.equal(take(), 9);
    await collectUntil(() => claimsAt(address) === 0);
  });

  test("is let go when it is dropped", async () => {
    const box = new Box(9);
    const item = stored.store([box], "item");
    assert.equal(box.claims, 2);
    stored.drop(item);
    assert.equal(box.claims, 1);
  });

  test("is kept by the thread that stored it, if it is shared memory, and let go afterwards", async () => {
    const put = (): [item: number, buffer: WeakRef<SharedArrayBuffer>] => {
      const buffer = new SharedArrayBuffer(8);
      return [stored.store({ buffer }, "item"), new WeakRef(buffer)];
    };
    const [item, buffer] = put();
    await collect();
    const isKept = (): boolean => buffer.deref() !== undefined;
    assert.ok(isKept());
    stored.drop(item);
    for (let i = 0; i < 50; i++) stored.drop(put()[0]);
    await collectUntil(() => !isKept());
  });

  test("is the handle that the taker has already", () => {
    const box = new Box(1);
    assert.equal(throughHeap({ box }).box, box);
    assert.equal(box.claims, 1);
  });
});

describe("what only a port could carry", () => {
  test("is refused, with what to do instead, and stays as it was", () => {
    const { port1, port2 } = new MessageChannel();
    assert.throws(() => stored.store({ a: [port1] }, "item"), {
      code: "ERR_HEDDLE_NOT_CLONEABLE",
      message:
        "Cannot send item.a[0]: it is a MessagePort, which only a port can carry, and nobody is at the other end yet; " +
        "send it as an argument of a call",
    });
    port1.close();
    port2.close();
    const { signal } = new AbortController();
    assert.throws(
      () => stored.store(signal, "item"),
      /an AbortSignal that may still abort, which only a port/,
    );
    const stream = transfer(new ReadableStream());
    assert.throws(() => stored.store(stream, "item"), /it is a ReadableStream, which only a port can carry/);
    assert.ok(throughHeap(AbortSignal.abort("now")).aborted);
  });

  test("does not concern buffers that are moved: they are copied, and gone from here", () => {
    const bytes = transfer(new Uint8Array([1, 2, 3]));
    const got = throughHeap({ bytes, same: bytes.buffer });
    assert.deepEqual(got.bytes, new Uint8Array([1, 2, 3]));
    assert.equal(got.same, got.bytes.buffer);
    assert.ok(bytes.buffer.detached);
  });

  test("nor are they gone when storing fails", () => {
    const bytes = transfer(new Uint8Array([1, 2, 3]));
    assert.throws(() => stored.store([bytes, new WeakMap()], "item"), /WeakMap/);
    assert.equal(bytes.length, 3);
    throughHeap(bytes);
    assert.equal(bytes.length, 0, "the mark was lost");
  });
});

describe("a value that finds no room", () => {
  /** The heap, which gives only so many more blocks, and knows which of them were not given back. */
  function fullAfter(blocks: number): { full: typeof heap; held: Set<number> } {
    const held = new Set<number>();
    const allocate = (size: number): number => {
      if (blocks-- <= 0) throw new HeapFullError(size, 0);
      const block = heap.allocate(size);
      held.add(block);
      return block;
    };
    const free = (block: number): void => {
      assert.ok(held.delete(block), "freed twice, or never allocated");
      heap.free(block);
    };
    const full = new Proxy(heap, {
      get(_, key) {
        if (key === "allocate") return allocate;
        if (key === "free") return free;
        const value: unknown = Reflect.get(heap, key);
        return typeof value === "function" ? value.bind(heap) : value;
      },
    });
    return { full, held };
  }

  test("is refused, stays as it was, and nothing of it stays in the heap", () => {
    const box = new Box(1);
    for (let blocks = 0; ; blocks++) {
      const { full, held } = fullAfter(blocks);
      const narrow = new StoredValues(full, functionTable());
      const bytes = transfer(new Uint8Array(100));
      const value = { text: "x".repeat(50), box, long: "y".repeat(200_000), bytes };
      try {
        narrow.drop(narrow.store(value, "item"));
        assert.ok(blocks > 1, "it has room where there is none");
        break;
      } catch (error) {
        assert.ok(error instanceof HeapFullError);
        assert.deepEqual([bytes.length, box.claims], [100, 1]);
        assert.ok([...held].every((block) => heap.blockSize(block) <= 16384) && held.size <= 1);
      }
    }
    assert.equal(box.claims, 1);
  });
});

describe("a value with functions from modules that this thread has not loaded", () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-stored-"));
  process.on("exit", () => rmSync(folder, { recursive: true }));
  let count = 0;
  const module = (text: string): URL => {
    const path = join(folder, `module-${++count}.mjs`);
    writeFileSync(path, text);
    return pathToFileURL(path);
  };
  interface Module {
    value: () => number;
  }
  /** Another thread's way of taking values. */
  const there = new StoredValues(heap, new (functions().FunctionTable)(heap, new Ledger(heap)));

  test("stays in the heap until they are loaded", async () => {
    const { value } = fromModule<Module>(module("export const value = () => 1;"));
    const address = stored.store({ value }, "item");
    let missing: unknown;
    assert.throws(
      () => there.take(address),
      (error) => (missing = error) instanceof NotLoadedError,
    );
    await (missing as NotLoadedError).ready;
    assert.equal((there.take(address) as Module).value(), 1);
  });

  test("can be awaited", async () => {
    const { value } = fromModule<Module>(module("await null; export const value = () => 2;"));
    const got = (await there.takeAsync(stored.store({ value }, "item"))) as Module;
    assert.equal(got.value(), 2);
  });

  test("can be had by a thread that blocks: they are loaded on the spot", async () => {
    const url = module("export const value = () => 3;");
    const address = stored.store(fromModule<Module>(url).value, "item");
    const value = there.takeSync(address) as () => number;
    assert.equal(value(), 3);
    assert.equal(((await import(url.href)) as Module).value, value);
  });

  test("stays where it is if one of them awaits something at its top, and the error says what to do", async () => {
    const url = module("await null; export const value = () => 4;");
    const address = stored.store([fromModule<Module>(url).value], "item");
    assert.throws(() => there.takeSync(address), {
      code: "ERR_HEDDLE_NOT_LOADED",
      message:
        /this thread blocks, and file:.* can only be loaded while it does not; use the form that does not block/,
    });
    const [value] = (await there.takeAsync(address)) as [() => number];
    assert.equal(value(), 4);
  });
});
