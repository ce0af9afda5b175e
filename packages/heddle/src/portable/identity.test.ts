import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { here, send, sendValue, Side, there } from "./fixtures/two-tables.ts";

const rate = 3;
const times = (n: number): number => n * rate;
class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
}

describe("a function that comes back", () => {
  test("is the function that was sent", async () => {
    const sent = await send(times);
    assert.notEqual(sent, times);
    assert.equal(await here.decode(there.encode(sent)), times);
    assert.deepEqual(await here.decode(there.encode({ list: [sent] })), { list: [times] });
  });

  test("is the class that was sent, and its instances are instances of it", async () => {
    const make = await send((x: number) => new Point(x));
    const point = (await here.decode(there.encode(make(5)))) as Point;
    assert.ok(point instanceof Point);
    assert.equal(point.x, 5);
  });

  test("has the record under which it came when it is sent on", async () => {
    const record = here.publish(times);
    const sent = await there.resolve(record);
    const again = there.publish(sent);
    assert.deepEqual({ ...again, parts: 0 }, { ...record, parts: 0 });
  });

  test("works in a third thread, and is still the first one's when it comes home from there", async () => {
    const third = new Side();
    const inThird = await third.resolve<typeof times>(there.publish(await send(times)));
    assert.equal(inThird(2), 6);
    assert.equal(await here.decode(third.encode(inThird)), times);
  });

  test("may have been made there: closures made in the other thread travel like any", async () => {
    const adder = await send((a: number) => (b: number) => a + b * rate);
    const back = (await here.decode(there.encode(adder(10)))) as (b: number) => number;
    assert.equal(back(2), 16);
    assert.equal(await there.decode(here.encode(back)), await there.decode(here.encode(back)));
  });

  test("may have been made there from code that uses imports and import.meta", async () => {
    const maker = await send(() => () => [assert.equal.name, import.meta.url]);
    const back = (await here.decode(there.encode(maker()))) as () => unknown[];
    assert.deepEqual(back(), [assert.equal.name, import.meta.url]);
  });
});

describe("one function in several messages", () => {
  test("is one function", async () => {
    const [a, b] = [await sendValue({ f: times }), await sendValue([times])];
    assert.equal(a.f, b[0]);
    assert.equal(a.f, await send(times));
  });

  test("is one function for all that capture it", async () => {
    const first = () => times;
    const second = () => [times];
    assert.equal((await send(first))(), (await send(second))()[0]);
  });
});

describe("publishFunction()", () => {
  test("gives serials that are never given again", () => {
    const serials = Array.from({ length: 100 }, (_, i) => here.publish(() => i).serial);
    assert.equal(new Set(serials).size, 100);
  });

  test("gives closures of one place one code, and each its own values", async () => {
    const make = (n: number) => () => n;
    const fns = await Promise.all([1, 2, 3].map((n) => send(make(n))));
    assert.deepEqual(
      fns.map((fn) => fn()),
      [1, 2, 3],
    );
  });
});

describe("resolveFunction()", () => {
  test("gives the same function each time", async () => {
    const record = here.publish(times);
    assert.equal(await there.resolve(record), await there.resolve(record));
  });

  test("refuses a record that does not exist", () => {
    assert.throws(() => there.table.resolveFunction(here.publish(times).address, 1), {
      code: "ERR_HEDDLE_CORRUPT_MESSAGE",
    });
  });
});
