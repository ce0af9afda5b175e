/* oxlint-disable typescript/unbound-method -- functions are sent without their objects */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { here, send, sendValue, there } from "./fixtures/two-tables.ts";

const constant = 1;
let assigned = 1;
const assignAgain = (value: number): void => {
  assigned = value;
};
const settings = { retries: 3, hosts: ["a", "b"] };
const readSettings = (): typeof settings => settings;
const readHosts = (): string[] => settings.hosts;
const frozen = Object.freeze({ list: Object.freeze([1, 2]), read: (): number => constant });
const shared = new Map<string, number>();
const put = (key: string): void => void shared.set(key, shared.size);
const keys = (): string[] => [...shared.keys()];
const TAG = Symbol("tag");
const tagOf = (): symbol => TAG;
const isTag = (value: unknown): boolean => value === TAG;
const longText = "long ".repeat(1000);

describe("captured variables", () => {
  test("are seen as they are at each submission", async () => {
    const read = () => assigned;
    assert.equal((await send(read))(), 1);
    assignAgain(2);
    assert.equal((await send(read))(), 2);
    assert.equal((await send(read))(), 2);
    assignAgain(3);
    assert.equal((await send(read))(), 3);
  });

  test("are seen as they are when a helper captures them", async () => {
    const helper = () => assigned * 10;
    const outer = () => helper() + 1;
    assignAgain(1);
    assert.equal((await send(outer))(), 11);
    assignAgain(2);
    assert.equal((await send(outer))(), 21);
  });

  test("are seen as they are when helpers call each other", async () => {
    const ping = (n: number): number => (n === 0 ? assigned : pong(n - 1));
    const pong = (n: number): number => ping(n);
    assignAgain(5);
    assert.equal((await send(ping))(4), 5);
    assert.equal((await send(pong))(4), 5);
    assignAgain(6);
    assert.equal((await send(pong))(4), 6);
    assert.equal((await send(ping))(4), 6);
  });

  test("keep their methods and what those use, also where they look like modules", async () => {
    const counter = {
      default: 2,
      times(n: number): number {
        return n * this.default;
      },
    };
    class Settings {
      default = 3;
      times(n: number): number {
        return n * this.default;
      }
    }
    const settings = new Settings();
    const { only } = { only: { default: 4 } };
    assert.equal((await send(() => counter.times(2)))(), 4);
    assert.equal((await send(() => settings.times(2)))(), 6);
    assert.equal((await send(() => only.default))(), 4);
  });

  test("are copies: what a function does to them stays where it runs", async () => {
    const sent = await send(readSettings);
    sent().retries = 100;
    assert.equal(settings.retries, 3);
  });

  test("that are objects are sent again when they have changed", async () => {
    assert.deepEqual((await send(readSettings))().hosts, ["a", "b"]);
    settings.hosts.push("c");
    assert.deepEqual((await send(readSettings))().hosts, ["a", "b", "c"]);
  });

  test("that are objects and have not changed are the same object at each submission", async () => {
    const first = (await send(readSettings))();
    assert.equal((await send(readSettings))(), first);
    assert.equal((await send(readSettings))(), first);
  });

  test("that two functions share are one object in the other thread, too", async () => {
    shared.set("start", 0);
    const [sentPut, sentKeys] = [await send(put), await send(keys)];
    sentPut("there");
    assert.deepEqual(sentKeys(), ["start", "there"]);
    assert.deepEqual(keys(), ["start"]);
  });

  test("that are parts of one object are copied with it", async () => {
    assert.deepEqual((await send(readHosts))(), settings.hosts);
  });

  test("may be of every kind that can be an argument", async () => {
    const date = new Date(5);
    const set = new Set([1]);
    const bytes = new Uint8Array([1, 2, 3]);
    const big = 10n;
    const error = new RangeError("kept", { cause: "why" });
    const pattern = /x(?<y>.)/gi;
    const url = new URL("https://example.org/a?b");
    const nothing = null;
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    const sent = await send(() => [date, set, bytes, big, error, pattern, url, nothing, Number.isNaN(NaN)]);
    assert.deepEqual(sent(), [date, set, bytes, big, error, pattern, url, nothing, true]);
    const sentCyclic = (await send(() => cyclic))();
    assert.equal(sentCyclic.self, sentCyclic);
  });

  test("that are typed arrays are sent again when a byte has changed", async () => {
    const samples = new Float64Array(1000);
    const sum = () => samples.reduce((a, b) => a + b, 0);
    const record = here.publish(sum);
    assert.equal(here.publish(sum), record);
    assert.equal(here.publish(sum), record);
    samples[999] = 2;
    assert.equal((await send(sum))(), 2);
    samples[0] = 1;
    assert.equal((await send(sum))(), 3);
  });

  test("may be long strings, which are not sent again for each closure", async () => {
    const make = (n: number) => () => longText.length + n;
    const before = here.publish(make(1));
    const after = here.publish(make(2));
    assert.equal((await there.resolve(before))(), 5001);
    assert.equal((await there.resolve(after))(), 5002);
  });

  test("that are symbols stay one symbol", async () => {
    const sentTag = (await send(tagOf))();
    assert.notEqual(sentTag, TAG);
    assert.equal(sentTag.description, "tag");
    assert.equal((await send(isTag))(sentTag), true);
    assert.equal((await send(() => [Symbol.iterator, Symbol.for("x")]))()[1], Symbol.for("x"));
  });

  test("that are functions in objects travel, and may refer to the object", async () => {
    const api = {
      limit: 3,
      check: (n: number): boolean => n < api.limit,
      run(n: number): string {
        return api.check(n) ? "ok" : "no";
      },
    };
    const sent = await send(api.run);
    assert.equal(sent(1), "ok");
    assert.equal(sent(5), "no");
    assert.equal((await send(() => api))().check(1), true);
  });

  test("share memory if they are shared memory", async () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const sent = await send(() => ++words[0]!);
    assert.equal(sent(), 1);
    assert.equal(words[0], 1);
    assert.equal(here.publish(sent), here.publish(sent));
  });

  test("may be properties that were put on a function", async () => {
    const memo = Object.assign((n: number): number => n + memo.offset, { offset: 10 });
    assert.equal((await send(memo))(1), 11);
    memo.offset = 20;
    assert.equal((await send(memo))(1), 21);
  });

  test("may be bound to a function", async () => {
    const bound = function (this: { base: number }, a: number, b: number): number {
      return this.base + a + b + constant;
    }.bind({ base: 100 }, 10);
    assert.equal((await send(bound))(1), 112);
  });

  test("may be bound to a function that the program has made global", async () => {
    const double = function (this: { factor: number }, n: number): number {
      return n * this.factor;
    }.bind({ factor: 2 });
    Object.assign(globalThis, { double });
    // Globals are listed anew when Node has loaded another module.
    await import("node:trace_events");
    const sent = await send(double);
    assert.deepEqual([sent === double, sent(4)], [false, 8]);
    Reflect.deleteProperty(globalThis, "double");
  });

  test("may be modules that a bundler has imported, of which what is used goes along, however it is written", async () => {
    const parser = await import("acorn");
    const { version } = parser;
    assert.equal((await send(() => parser.version))(), version);
    // As bundlers write it.
    assert.equal((await send(() => parser["version"]))(), version);
  });

  test("may be objects with functions that are bound to them", async () => {
    class Button {
      clicks = 0;
      constructor() {
        this.click = this.click.bind(this);
      }
      click(): number {
        return ++this.clicks;
      }
    }
    const button = new Button();
    const press = await send(() => [button.click(), (0, button.click)(), button.clicks]);
    assert.deepEqual(press(), [1, 2, 2]);
    const click = await send(button.click);
    assert.deepEqual([click.name, click.length], ["bound click", 0]);
  });

  test("may be built-in functions and objects, which are those of the other thread", async () => {
    const { max } = Math;
    const json = JSON;
    const trim = String.prototype.trim;
    const sent = await send((list: number[]) => [max(...list), json.stringify(list), trim.call(" x ")]);
    assert.deepEqual(sent([1, 3]), [3, "[1,3]", "x"]);
    assert.equal(await send(Math.sqrt), Math.sqrt);
    assert.equal(await send(structuredClone), structuredClone);
    assert.equal(await send(Buffer.from), Buffer.from);
  });
});

describe("functions that capture nothing", () => {
  test("share a record when they are made again and again to be run", async () => {
    const make = () => (a: number, b: number) => a + b;
    const records = Array.from({ length: 3 }, () => here.publish(make()));
    assert.equal(records[1], records[0]);
    assert.equal(records[2], records[0]);
    assert.equal((await there.resolve<(a: number, b: number) => number>(records[0]!))(1, 2), 3);
  });

  test("are told apart when they are part of a message, and so come back as themselves", async () => {
    const make = () => (a: number) => a * 2;
    const [first, second] = [make(), make()];
    const back = await here.decode(there.encode(await sendValue([first, second])));
    assert.deepEqual(back, [first, second]);
    assert.equal((back as unknown[])[1], second);
  });

  test("are told apart by their names and properties", () => {
    const first = Object.assign((a: number) => a * 3, { kind: 1 });
    const second = (a: number) => a * 3;
    assert.notEqual(here.publish(first), here.publish(second));
    const named = { a: (n: number) => n * 4, b: (n: number) => n * 4 };
    assert.notEqual(here.publish(named.a), here.publish(named.b));
  });
});

describe("the second submission of a function", () => {
  test("gives the very same record when nothing captured can change", () => {
    const fns = [() => constant, () => frozen.list.length + frozen.read(), (x: number) => x, tagOf, isTag];
    for (const fn of fns) {
      const first = here.publish(fn);
      assert.equal(here.publish(fn), first, String(fn));
      assert.equal(here.publish(fn), first, String(fn));
    }
  });

  test("gives the very same record when what is captured has not changed", () => {
    const fns = [readSettings, keys, () => assigned];
    for (const fn of fns) assert.equal(here.publish(fn), here.publish(fn), String(fn));
  });

  test("gives another record when what is captured has changed, and the same to helpers that did not", async () => {
    const other = () => constant;
    const mixed = () => [other(), settings.retries];
    const record = here.publish(mixed);
    const otherRecord = here.publish(other);
    settings.retries++;
    assert.notEqual(here.publish(mixed).serial, record.serial);
    assert.equal(here.publish(other), otherRecord);
    settings.retries--;
  });

  test("finds records of old submissions still valid", async () => {
    const read = () => assigned;
    assignAgain(10);
    const record = here.publish(read);
    assignAgain(11);
    const later = here.publish(read);
    assert.equal((await there.resolve(later))(), 11);
    assert.equal((await there.resolve(record))(), 10);
  });
});
