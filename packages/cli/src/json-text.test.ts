import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { errorText, jsonText } from "./json-text.ts";

const text = (value: unknown): string | undefined => jsonText(value, "result");

describe("jsonText()", () => {
  test("writes what JSON can say as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(text(value)!), value);
      }),
    );
    assert.equal(text({ a: [1, "x", null, true], b: {} }), '{"a":[1,"x",null,true],"b":{}}');
    assert.equal(text(new Date(0)), '"1970-01-01T00:00:00.000Z"');
    assert.equal(text(new URL("http://a/b")), '"http://a/b"');
  });

  test("keeps every digit of a bigint, and the sign of zero", () => {
    assert.equal(text(2n ** 70n), "1180591620717411303424");
    assert.equal(text([-0, 0]), "[-0,0]");
  });

  test("marks what JSON has no word for, and loses none of it", () => {
    assert.equal(
      text([NaN, -Infinity]),
      '[{"$type":"number","value":"NaN"},{"$type":"number","value":"-Infinity"}]',
    );
    assert.equal(text([undefined]), '[{"$type":"undefined"}]');
    assert.equal(text([, 1]), '[{"$type":"undefined"},1]');
    assert.equal(text(new Map([[{ k: 1 }, 2n]])), '{"$type":"Map","value":[[{"k":1},2]]}');
    assert.equal(text(new Set(["a"])), '{"$type":"Set","value":["a"]}');
    assert.equal(
      text(new Float64Array([1.5, NaN])),
      '{"$type":"Float64Array","value":[1.5,{"$type":"number","value":"NaN"}]}',
    );
    assert.equal(
      text(new BigUint64Array([2n ** 63n])),
      '{"$type":"BigUint64Array","value":[9223372036854775808]}',
    );
    assert.equal(text(new Uint8Array([7, 8]).buffer), '{"$type":"ArrayBuffer","value":[7,8]}');
    assert.equal(text(/a"b/gi), '{"$type":"RegExp","value":"/a\\"b/gi"}');
    assert.equal(text(new Date(NaN)), '{"$type":"Date","value":"Invalid Date"}');
    assert.match(
      text([new RangeError("far")])!,
      /^\[\{"\$type":"Error","value":\{"name":"RangeError","message":"far","stack":/,
    );
  });

  test("leaves undefined out, as a result and as a property", () => {
    assert.equal(text(undefined), undefined);
    assert.equal(text({ a: undefined, b: 1 }), '{"b":1}');
  });

  test("writes an instance of a class as its own properties, and a wrapper as what it wraps", () => {
    class Point {
      x = 1;
      #hidden = 2;
      get hidden(): number {
        return this.#hidden;
      }
    }
    assert.equal(text(new Point()), '{"x":1}');
    assert.equal(text([Object(1), Object("s"), Object(5n)]), '[1,"s",5]');
    assert.equal(text(Object.create(null, { a: { value: 1, enumerable: true } })), '{"a":1}');
  });

  test("writes an object twice when it is there twice, and refuses one that contains itself", () => {
    const shared = { s: 1 };
    assert.equal(text([shared, shared]), '[{"s":1},{"s":1}]');
    const circle: { deep: { self?: unknown } } = { deep: {} };
    circle.deep.self = circle;
    assert.throws(() => text(circle), {
      code: "ERR_HEDDLE_NOT_JSON",
      message: "Cannot write result.deep.self as JSON: it is one of the objects that contain it",
    });
  });

  test("refuses what is no data, and says where it is", () => {
    const refusals: [unknown, string][] = [
      [{ a: [{ f: () => 1 }] }, "Cannot write result.a[0].f as JSON: it is a function"],
      [Symbol("s"), "Cannot write result as JSON: it is a symbol"],
      [{ p: Promise.resolve(1) }, "Cannot write result.p as JSON: it is a Promise"],
      [[new WeakMap()], "Cannot write result[0] as JSON: it is a WeakMap"],
    ];
    for (const [value, message] of refusals)
      assert.throws(() => text(value), { code: "ERR_HEDDLE_NOT_JSON", message });
  });
});

describe("errorText()", () => {
  test("keeps name, message, code, stack, cause and the number of attempts", () => {
    const error = Object.assign(new TypeError("bad", { cause: new Error("root") }), { code: "E_BAD" });
    const parsed = JSON.parse(errorText(error, 3)) as Record<string, unknown>;
    assert.equal(parsed["name"], "TypeError");
    assert.equal(parsed["message"], "bad");
    assert.equal(parsed["code"], "E_BAD");
    assert.equal(parsed["attempts"], 3);
    assert.match(String(parsed["stack"]), /^TypeError: bad\n/);
    assert.equal((parsed["cause"] as { message: string }).message, "root");
    assert.equal(Object.hasOwn(JSON.parse(errorText(error, 1)) as object, "attempts"), false);
  });

  test("says what was thrown when it is no error", () => {
    assert.equal(errorText("no", 1), '{"name":"NonError","message":"no"}');
    assert.equal(errorText({ a: 1 }, 1), '{"name":"NonError","message":"{\\"a\\":1}"}');
    assert.equal(errorText(undefined, 1), '{"name":"NonError","message":"undefined"}');
    assert.equal(
      errorText(() => 1, 1),
      '{"name":"NonError","message":"[object Function]"}',
    );
  });
});
