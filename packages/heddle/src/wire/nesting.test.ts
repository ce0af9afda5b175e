import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { TestWire } from "./fixture.test.ts";

const wire = new TestWire();

describe("nesting", () => {
  class Link {
    next: unknown;
    constructor(next: unknown) {
      this.next = next;
    }
  }
  const wraps: Record<string, (inner: unknown) => unknown> = {
    arrays: (inner) => [inner],
    objects: (inner) => ({ next: inner, a: 1 }),
    maps: (inner) => new Map([["k", inner]]),
    sets: (inner) => new Set([inner]),
    instances: (inner) => new Link(inner),
    "all of them": (inner) => [new Map([[1, { a: new Set([new Link(inner)]), b: [, 1] }]])],
  };
  for (const [name, wrap] of Object.entries(wraps)) {
    test(`of ${name} comes back however deep`, () => {
      for (const depth of [100, 399, 400, 401, 1000]) {
        let value: unknown = "core";
        for (let i = 0; i < depth; i++) value = wrap(value);
        assert.deepStrictEqual(structureOf(wire.send(value)), structureOf(value));
      }
      let value: unknown = { core: true };
      for (let i = 0; i < 5000; i++) value = wrap(value);
      const back = wire.send<unknown[]>([value, value, { a: 1 }]);
      assert.equal(back[0], back[1]);
      assert.equal(depthOf(back[0]), depthOf(value));
    });
  }

  /** A list of what is in what, as `deepStrictEqual` itself cannot go so deep. */
  function structureOf(value: unknown): unknown[] {
    const parts: unknown[] = [];
    const todo = [value];
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (typeof part !== "object" || part === null) parts.push(part);
      else {
        const inner = innerOf(part);
        parts.push(Object.getPrototypeOf(part), inner.length);
        todo.push(...inner);
      }
    }
    return parts;
  }

  function depthOf(value: unknown): number {
    let depth = 0;
    for (let inner = value; typeof inner === "object" && inner !== null; depth++) inner = innerOf(inner)[0];
    return depth;
  }

  function innerOf(value: object): unknown[] {
    if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()];
    return value instanceof Set ? [...(value as Set<unknown>)] : Object.values(value);
  }

  test("of circles comes back in circles, however deep", () => {
    const root: { next?: object } = {};
    let last = root;
    for (let i = 0; i < 5000; i++) last = last.next = { root } as { next?: object };
    last.next = root;
    const back = wire.send(root);
    let at: { next?: object; root?: object } = back;
    for (let i = 0; i < 5000; i++) {
      at = at.next as { next?: object; root?: object };
      assert.equal(at.root, back);
    }
    assert.equal(at.next, back);
  });

  test("beyond the stack of what cannot wait is refused, and its path told", () => {
    class Tree extends Map<number, unknown> {}
    let value: unknown = 1;
    for (let i = 0; i < 3000; i++) value = new Tree([[1, value]]);
    assert.throws(
      () => wire.send(value),
      (error: Error & { path: string }) => {
        assert.match(
          error.message,
          /^Cannot send args\.get\(1\).* … .*: it is nested 500 levels deep; send it in a flatter form/,
        );
        assert.equal(error.path, `args${".get(1)".repeat(500)}`);
        return true;
      },
    );
  });

  test("shows the path of what stays, wherever it is", () => {
    let value: unknown = Symbol("bad");
    for (let i = 0; i < 1500; i++) value = { x: [value] };
    assert.throws(() => wire.send(value), { path: `args${".x[0]".repeat(1500)}` });
  });

  test("shows the path of what stays among many that are put off side by side, in one container after the other", () => {
    const many = (last: unknown): unknown[] => [...Array.from({ length: 100 }, (_, i) => [i]), [last]];
    let value: unknown = [many(1), many(2), many(Symbol("bad"))];
    for (let i = 0; i < 398; i++) value = [value];
    assert.throws(() => wire.send(value), { path: `args${"[0]".repeat(398)}[2][100][0]` });
  });

  test("with a hundred thousand objects below it takes little more room than they do", () => {
    const program = `
      import { TestWire } from ${JSON.stringify(import.meta.resolve("./fixture.test.ts"))};
      let value = Array.from({ length: 100_000 }, (_, i) => ({ i }));
      for (let i = 0; i < 399; i++) value = [value];
      console.log(new TestWire().encode(value).end > 100_000);
    `;
    // A copy of the way for each would take 600 MB.
    const flags = ["--max-old-space-size=200", "--conditions=@heddle/source", "--input-type=module"];
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
    assert.equal(stdout, "true\n", stderr);
  });

  test("on a stack that is almost full is refused, or comes back", () => {
    let value: unknown = 1;
    for (let i = 0; i < 390; i++) value = new Map([[1, [value]]]);
    const { bytes, start, end } = wire.encode(value);
    const message = { bytes: bytes.slice(start, end), start: 0, end: end - start };
    const failures = new Set<string>();
    /** Fills the stack, and then tries at every level of it, from the innermost out, until that goes well. */
    const tryFromWithin = (action: () => void): boolean => {
      try {
        if (tryFromWithin(action)) return true;
      } catch {
        return false;
      }
      try {
        action();
        return true;
      } catch (error) {
        failures.add((error as Error).name);
        return false;
      }
    };
    assert.ok(tryFromWithin(() => wire.encode(value)));
    assert.ok(tryFromWithin(() => wire.decode(message)));
    assert.deepEqual([...failures].sort(), ["RangeError", "WireError"]);
    assert.deepStrictEqual(wire.decode(wire.encode(value)), value);
  });
});

describe("the same object twice", () => {
  test("comes back as one", () => {
    const shared = { x: 1 };
    const back = wire.send({ a: shared, b: [shared, { c: shared }], m: new Map([[shared, shared]]) });
    assert.equal(back.a, back.b[0]);
    assert.equal(back.a, (back.b[1] as { c: object }).c);
    assert.equal(back.m.get(back.a), back.a);
  });

  test("comes back as one among thousands", () => {
    const parts = Array.from({ length: 5000 }, (_, i) => ({ i }));
    const back = wire.send([...parts, ...parts]);
    for (let i = 0; i < 5000; i++) assert.equal(back[i], back[i + 5000]);
    assert.equal(new Set(back).size, 5000);
  });

  test("in a circle comes back in one", () => {
    interface Ring {
      self?: Ring;
      list: Ring[];
      map: Map<unknown, Ring>;
      set: Set<Ring>;
      error?: Error;
      date: Date;
      bytes: Uint8Array;
    }
    const ring: Ring = {
      list: [],
      map: new Map(),
      set: new Set(),
      date: new Date(3),
      bytes: new Uint8Array([1]),
    };
    ring.self = ring;
    ring.list.push(ring);
    ring.map.set("me", ring);
    ring.set.add(ring);
    ring.error = new Error("x", { cause: ring });
    for (let i = 0; i < 60; i++) {
      const back = wire.send(ring);
      assert.equal(back.self, back);
      assert.equal(back.list[0], back);
      assert.equal(back.map.get("me"), back);
      assert.ok(back.set.has(back));
      assert.equal(back.error?.cause, back);
      assert.deepStrictEqual([back.date, back.bytes], [ring.date, ring.bytes]);
    }
  });
});
