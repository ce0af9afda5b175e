import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as fc from "fast-check";
import type { Format } from "../input-arguments.ts";
import { CsvParser } from "./csv.ts";
import { JsonParser } from "./json.ts";
import { LinesParser } from "./lines.ts";
import { NumbersParser, holdsOnlyNumbers } from "./numbers.ts";
import type { Parser } from "./parser.ts";
import { openSource, type Source } from "./source.ts";
import { decodeBlocks } from "./text.ts";

/** Parses `text` in pieces of `pieceLength` characters. */
function parse(parser: Parser, text: string, pieceLength: number = Infinity): unknown[] {
  const items: unknown[] = [];
  for (let from = 0; from < text.length; from += pieceLength)
    parser.push(text.slice(from, from + pieceLength), items);
  parser.end(items);
  return items;
}

/** Promises that cutting the text into pieces of any length changes nothing. */
function parsesTo(parser: () => Parser, text: string, items: unknown[]): void {
  for (const pieceLength of [Infinity, 1, 2, 3, 7])
    assert.deepEqual(parse(parser(), text, pieceLength), items);
}

function refuses(parser: () => Parser, text: string, message: RegExp, before: unknown[] = []): void {
  for (const pieceLength of [Infinity, 1, 3]) {
    const items: unknown[] = [];
    const using = parser();
    assert.throws(
      () => {
        for (let from = 0; from < text.length; from += pieceLength)
          using.push(text.slice(from, from + pieceLength), items);
        using.end(items);
      },
      { name: "CommandError", code: "ERR_HEDDLE_INPUT", message },
    );
    assert.deepEqual(items, before);
  }
}

describe("LinesParser", () => {
  test("makes every line an item, empty ones too, whatever ends it", () => {
    parsesTo(() => new LinesParser(), "a\n\nb c\r\nd", ["a", "", "b c", "d"]);
    parsesTo(() => new LinesParser(), "a\n", ["a"]);
    parsesTo(() => new LinesParser(), "\n", [""]);
    parsesTo(() => new LinesParser(), "", []);
  });

  test("gives back any lines that were joined", () => {
    const line = fc.string().filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, pieceLength) => {
        const text = lines.map((each) => `${each}\n`).join("");
        assert.deepEqual(parse(new LinesParser(), text, pieceLength), lines);
      }),
    );
  });
});

describe("NumbersParser", () => {
  const numbers = (): Parser => new NumbersParser("n.txt", false);

  test("reads integers, decimals and exponents, with spaces around, and skips blank lines", () => {
    parsesTo(numbers, " 7\n-3\r\n\n+4\n1.5\n.5\n2.\n1e3\n-0\n007", [7, -3, 4, 1.5, 0.5, 2, 1000, -0, 7]);
  });

  test("reads integers beyond 2^53 as bigint, digit for digit", () => {
    const text = "9007199254740991\n9007199254740993\n-12345678901234567890\n+9007199254740993\n1e20\n";
    parsesTo(numbers, text, [
      9007199254740991,
      9007199254740993n,
      -12345678901234567890n,
      9007199254740993n,
      1e20,
    ]);
  });

  test("names file and line of what is no number, after the numbers before it", () => {
    refuses(numbers, "1\n\nabc\n4\n", /^Cannot read n\.txt, line 3: "abc" is not a number$/, [1]);
    for (const bad of ["0x10", "1_000", "1,5", "Infinity", "NaN", "1e999", "1 2", "--1", "."]) {
      refuses(numbers, `${bad}\n`, /line 1: ".+" is not a number$/);
    }
  });
});

describe("holdsOnlyNumbers()", () => {
  const guess = (text: string, isWhole = true): boolean => holdsOnlyNumbers(Buffer.from(text), isWhole);

  test("is true of a file of numbers written as JavaScript writes them", () => {
    assert.equal(guess("1\n-20\n3.5\n90071992547409931\n1e+21"), true);
    assert.equal(guess("1\n2\nab", false), true, "the last line may be cut");
    assert.equal(guess("\uFEFF1\r\n2\r\n"), true, "as some editors begin a file");
  });

  test("is false when taking the lines for numbers would change one, and of other text", () => {
    for (const text of ["00123\n4", "1.50\n", "+1\n", " 1\n", "1\n\n2\n", "1\nx", "", "\n", "1e3\n"]) {
      assert.equal(guess(text), false, JSON.stringify(text));
    }
  });
});

describe("JsonParser", () => {
  const json = (): Parser => new JsonParser("j.json", false);

  test("reads a value a line, and skips blank lines", () => {
    parsesTo(json, '{"a":1}\n\n"x"\r\n[1]\nnull', [{ a: 1 }, "x", [1], null]);
  });

  test("reads the elements of one array, however it is laid out", () => {
    parsesTo(json, ' \n[1, "a,]\\"[{", {"b": [2, {}]}, [],\n null ] \n', [
      1,
      'a,]"[{',
      { b: [2, {}] },
      [],
      null,
    ]);
    parsesTo(json, "[]", []);
    parsesTo(json, "[ \n ]\n", []);
    parsesTo(json, "", []);
  });

  test("gives back any values, from lines and from an array", () => {
    const withoutBigint = fc.array(fc.jsonValue()).filter((values) => !/\d{16}/.test(JSON.stringify(values)));
    fc.assert(
      fc.property(
        withoutBigint,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (values, pieceLength, pretty) => {
          // JSON.stringify drops the sign of zero, so the expectation goes through it too.
          const expected = JSON.parse(JSON.stringify(values)) as unknown[];
          assert.deepEqual(
            parse(json(), JSON.stringify(values, undefined, pretty ? 2 : 0), pieceLength),
            expected,
          );
          const lines = values.map((value) => `${JSON.stringify(value)}\n`).join("");
          assert.deepEqual(parse(new JsonParser("j.jsonl", true), lines, pieceLength), expected);
        },
      ),
    );
  });

  test("reads integers beyond 2^53 as bigint, digit for digit", () => {
    parsesTo(json, '{"id":12345678901234567890,"f":1.5}\n', [{ id: 12345678901234567890n, f: 1.5 }]);
    parsesTo(json, '[9007199254740993,"12345678901234567890",1e30]', [
      9007199254740993n,
      "12345678901234567890",
      1e30,
    ]);
  });

  test("takes an array a line for items when the name says so", () => {
    parsesTo(() => new JsonParser("j.jsonl", true), "[1]\n[2]\n", [[1], [2]]);
  });

  test("names the line or the element that is no JSON", () => {
    refuses(json, '1\n{"a":\n', /^Cannot read j\.json, line 2: "\{\\"a\\":" is not JSON: /, [1]);
    refuses(json, "[1, x, 3]", /^Cannot read j\.json, element 2 of the array: "x" is not JSON: /, [1]);
    refuses(json, "[1,]", /element 2 of the array/, [1]);
    refuses(json, "[1,,2]", /element 2 of the array/, [1]);
    refuses(json, "[1, 2", /^Cannot read j\.json: the array does not end, after 1 elements$/, [1]);
    refuses(json, '["a', /the array does not end/);
    refuses(
      json,
      "[1]\n[2]\n",
      /^Cannot read j\.json: "\[.*" follows the end of the array; for one array a line, name the file \.jsonl$/,
      [1],
    );
  });
});

describe("CsvParser", () => {
  const csv = (): Parser => new CsvParser("c.csv");

  test("makes each row an object, by the names in the first row", () => {
    parsesTo(csv, "a,b\n1,2\r\n3,\n", [
      { a: "1", b: "2" },
      { a: "3", b: "" },
    ]);
    parsesTo(csv, "a\r\n1", [{ a: "1" }]);
    parsesTo(csv, "a,b\n", []);
    parsesTo(csv, "", []);
  });

  test("reads quoted fields with commas, quotes and lines inside", () => {
    parsesTo(csv, 'a,b\n"x,y","say ""hi"""\n"two\r\nlines",\n"",z\n', [
      { a: "x,y", b: 'say "hi"' },
      { a: "two\r\nlines", b: "" },
      { a: "", b: "z" },
    ]);
    parsesTo(csv, 'a\n""\n"r\r"\r\n', [{ a: "" }, { a: "r\r" }]);
  });

  test("takes a quote inside a plain field for itself, and skips empty rows", () => {
    parsesTo(csv, 'a,b\n6" pipe,x"y"\n\n\r\n1,2\n', [
      { a: '6" pipe', b: 'x"y"' },
      { a: "1", b: "2" },
    ]);
  });

  test("gives back any table that was written by the rules", () => {
    const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "ü", " ") });
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width })));
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 9 }), (rows, pieceLength) => {
        const names = (rows[0] ?? ["", ""]).map((_, column) => `c${column}`);
        const text = [names, ...rows]
          .map((row) =>
            row
              .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
              .join(","),
          )
          .join("\r\n");
        const expected = rows.map((row) =>
          Object.fromEntries(row.map((value, column) => [names[column], value])),
        );
        assert.deepEqual(parse(csv(), text, pieceLength), expected);
      }),
    );
  });

  test("keeps a column called __proto__ a column", () => {
    const [item] = parse(csv(), "__proto__,b\n1,2\n");
    assert.deepEqual(Object.keys(item as object), ["__proto__", "b"]);
  });

  test("names the line of a row that does not fit, of a quote that does not end, of a column named twice", () => {
    refuses(
      csv,
      'a,b\n"x\ny",1\n1,2,3\n',
      /^Cannot read c\.csv, line 4: 3 fields where the first row has 2$/,
      [{ a: "x\ny", b: "1" }],
    );
    refuses(
      csv,
      'a,b\n1,2\n3,"x\n\n',
      /^Cannot read c\.csv, line 3: the quoted field that begins there does not end$/,
      [{ a: "1", b: "2" }],
    );
    refuses(csv, "a,b,a\n", /^Cannot read c\.csv, line 1: two columns are named "a"$/);
    refuses(csv, 'a\n"x"y\n', /^Cannot read c\.csv, line 2: "y" follows the quote that ends a field$/);
  });
});

describe("decodeBlocks()", () => {
  async function* inBlocks(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
  }

  test("puts characters together that the blocks cut, and drops a byte order mark", async () => {
    const text = "\uFEFFaé€😀z";
    for (const length of [1, 2, 3, 4, 5, 100]) {
      let decoded = "";
      for await (const block of decodeBlocks(inBlocks(Buffer.from(text), length), "t")) decoded += block.text;
      assert.equal(decoded, "aé€😀z");
    }
  });

  test("refuses what is not UTF-8, and says where", async () => {
    for (const tail of [[0xff], [0xe2, 0x82]]) {
      const bytes = Buffer.concat([Buffer.from("one\ntwo\n"), Buffer.from(tail)]);
      await assert.rejects(Array.fromAsync(decodeBlocks(inBlocks(bytes, 100), "t")), {
        code: "ERR_HEDDLE_INPUT",
        message: /^Cannot read t: it is not UTF-8 text, at byte 8 or soon after$/,
      });
    }
  });
});

describe("openSource()", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "heddle-inputs-"))));
  after(() => rmSync(folder, { recursive: true }));

  const open = (input: string, format?: Format): Promise<Source> =>
    openSource({ input, items: [], ...(format !== undefined && { format }) });
  const read = async (source: Source): Promise<unknown[]> =>
    (await Array.fromAsync(source.batches)).flatMap(({ items }) => items);
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test("chooses the format by the extension", async () => {
    assert.deepEqual(await read(await open(file("a.csv", "n\n1\n"))), [{ n: "1" }]);
    assert.deepEqual(await read(await open(file("a.json", "[1,2]"))), [1, 2]);
    assert.deepEqual(await read(await open(file("a.jsonl", "[1,2]\n"))), [[1, 2]]);
    assert.deepEqual(await read(await open(file("a.ndjson", "{}\n"))), [{}]);
    assert.deepEqual(await read(await open(file("a.md", "x\ny\n"))), ["x", "y"]);
  });

  test("takes a file of nothing but plain numbers for numbers, unless told otherwise", async () => {
    const path = file("a.txt", "10\n20\n");
    assert.deepEqual(await read(await open(path)), [10, 20]);
    assert.deepEqual(await read(await open(path, "lines")), ["10", "20"]);
    assert.deepEqual(await read(await open(file("zip.txt", "01234\n99999\n"))), ["01234", "99999"]);
  });

  test("does not silently change its mind about a file that began with numbers", async () => {
    const path = file("late.txt", `${"123456789\n".repeat(20_000)}0123\n`);
    await assert.rejects(read(await open(path)), {
      message: `Cannot read ${path}, line 20001: "0123" after lines that were all plain numbers; say --format lines or --format numbers`,
    });
    assert.equal((await read(await open(path, "numbers"))).at(-1), 123);
  });

  test("accounts for every byte of a file, in batches of bounded size", async () => {
    const source = await open(file("big.txt", "some words\n".repeat(100_000)));
    let bytes = 0;
    let items = 0;
    for await (const batch of source.batches) {
      bytes += batch.bytes;
      items += batch.items.length;
      assert.ok(batch.items.length < 20_000);
    }
    assert.equal(bytes, source.sizeBytes);
    assert.equal(items, 100_000);
  });

  test("reads an empty file as no items", async () => {
    assert.deepEqual(await read(await open(file("empty.txt", ""))), []);
  });

  test("says in one line why a file cannot be read", async () => {
    const missing = join(folder, "missing.txt");
    await assert.rejects(open(missing), {
      code: "ERR_HEDDLE_INPUT",
      message: `Cannot read ${missing}: no such file`,
    });
    await assert.rejects(open(folder), { message: `Cannot read ${folder}: it is a directory` });
  });

  test("gives items of the command line as text, or by the format", async () => {
    const given = (items: string[], format?: Format): Promise<unknown[]> =>
      openSource({ items, ...(format !== undefined && { format }) }).then(read);
    assert.deepEqual(await given(["1", ""]), ["1", ""]);
    assert.deepEqual(await given(["1", "2.5"], "numbers"), [1, 2.5]);
    assert.deepEqual(await given(['{"a":1}'], "json"), [{ a: 1 }]);
    await assert.rejects(given(["1", "x"], "numbers"), {
      message: 'Cannot read item 2 of the command line: "x" is not a number',
    });
    await assert.rejects(given(["{"], "json"), {
      message: /^Cannot read item 1 of the command line: "\{" is not JSON: /,
    });
  });

  test("knows an input again, and tells a changed one apart", async () => {
    const path = file("same.txt", "a\n");
    const identity = (await open(path)).identity;
    assert.equal((await open(path)).identity, identity);
    writeFileSync(path, "a\nb\n");
    assert.notEqual((await open(path)).identity, identity);
  });
});
