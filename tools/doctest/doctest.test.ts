import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fencesIn } from "./fences.ts";
import { verify } from "./verify.ts";

/** What the check says of a Markdown document that holds just this code, from line 2 on. */
function findingsOf(code: string, info = "ts"): Promise<string[]> {
  return verify(fencesIn("page.md", `\`\`\`${info}\n${code}\n\`\`\`\n`));
}

async function assertRefused(code: string, message: RegExp): Promise<void> {
  assert.match((await findingsOf(code)).join("\n"), message);
}

describe("the fences of a document", () => {
  test("are found in Markdown with their lines, also inside a list", () => {
    const text = [
      "# Title",
      "",
      "```ts",
      "first();",
      "```",
      "- item",
      "  ```ts no-run",
      "  second();",
      "",
      "  ```",
    ].join("\n");
    assert.deepEqual(fencesIn("page.md", text), [
      { file: "page.md", line: 4, code: "first();", runs: true },
      { file: "page.md", line: 8, code: "second();\n", runs: false },
    ]);
  });

  test("are found in docstrings, and nowhere else in a source file", () => {
    const text = [
      "const fence = `",
      "```ts",
      "no();",
      "```",
      "`;",
      "/**",
      " * @example",
      " * ```ts",
      " * yes();",
      " * ```",
      " */",
    ];
    assert.deepEqual(fencesIn("a.ts", text.join("\n")), [
      { file: "a.ts", line: 9, code: "yes();", runs: true },
    ]);
  });

  test("in other languages, and those inside a longer fence, are left alone", () => {
    assert.deepEqual(fencesIn("page.md", "```sh\nls\n```\n\n````md\n```ts\nno();\n```\n````\n"), []);
  });

  test("with a word that means nothing, or without an end, are refused with their place", () => {
    assert.throws(() => fencesIn("page.md", "\n```ts norun\n```\n"), /page\.md:2: after "ts" comes "no-run"/);
    assert.throws(() => fencesIn("page.md", "```typescript\n```\n"), /write "ts", not "typescript"/);
    assert.throws(
      () => fencesIn("page.md", "\n\n```ts\nfirst();\n"),
      /page\.md: the fence in line 3 has no end/,
    );
  });
});

describe("the doctest check", () => {
  test("accepts an example whose comments tell the truth", async () => {
    const findings = await findingsOf(
      [
        'const words: string[] = "a b".split(" ");',
        'words; // => ["a", "b"]',
        "words // => [ 'a', 'b' ]",
        "const count: number = words.length; // => 2",
        'console.log("count", count); // => count 2',
        "for (const word of words) word.length; // => 1",
        "await Promise.resolve({ map: new Map([[1, { deep: [[[1]]] }]]) });",
        "// => { map: Map(1) { 1 => { deep: [ [ [ 1 ] ] ] } } }",
        'new TypeError("no"); // => TypeError: no',
        "undefined; // => undefined",
        "-0; // => -0",
        'JSON.parse("{"); // throws SyntaxError',
        "await Promise.reject(Object.assign(new Error(), { code: 'ERR_SAID' })); // throws ERR_SAID",
        "throw undefined; // throws",
      ].join("\n"),
    );
    assert.deepEqual(findings, []);
  });

  test("names the line of a value that is not as told", async () => {
    await assertRefused("\n(1 + 1); // => 3", /^page\.md:3: expected 3, found 2$/m);
    await assertRefused("const sum = 1 + 1; // => 3", /^page\.md:2: expected 3, found 2$/m);
    await assertRefused('console.log("x"); // => y', /^page\.md:2: expected y, found x$/m);
    await assertRefused("0; // => -0", /^page\.md:2: expected -0, found 0$/m);
    await assertRefused("[1, 2]; // => [1]", /^page\.md:2: expected \[1\], found \[ 1, 2 \]$/m);
  });

  test("names the line of a throw that did not come, or was another", async () => {
    await assertRefused("JSON.parse('1'); // throws", /^page\.md:2: expected an error, found no error$/m);
    await assertRefused(
      "JSON.parse('{'); // throws RangeError",
      /^page\.md:2: expected RangeError, found SyntaxError: /m,
    );
  });

  test("names the line of a check that never ran, and of a comment that nothing can be checked by", async () => {
    await assertRefused(
      "if (process.argv.length > 9) process.argv; // => []",
      /^page\.md:2: this check never ran$/m,
    );
    await assertRefused("function f() {} // => 1", /line 2: "\/\/ => 1" follows nothing that it can check/);
  });

  test("names the line of an uncaught error, and tells what was printed before", async () => {
    await assertRefused(
      'console.log("so far");\nthrow new Error("boom");',
      /so far[^]*page\.md:3[^]*Error: boom/,
    );
    await assertRefused("process.exit(3);", /^page\.md:2: the example failed$/m);
  });

  test("names the line of a type error, also where the code is not run", async () => {
    await assertRefused('const n: number = "1";', /^page\.md:2:7: error TS2322/m);
    assert.match(
      (await findingsOf('const n: number = "1";', "ts no-run")).join(),
      /^page\.md:2:7: error TS2322/,
    );
  });

  test("does not run what is marked no-run", async () => {
    assert.deepEqual(await findingsOf("process.exit(3);", "ts no-run"), []);
  });

  test("runs every example in a process of its own", async () => {
    const fence =
      "```ts\nObject.assign(globalThis, { seen: Reflect.has(globalThis, 'seen') });\nReflect.get(globalThis, 'seen'); // => false\n```\n";
    assert.deepEqual(await verify(fencesIn("page.md", fence + fence)), []);
  });

  test("resolves the packages by their names, as they were built", async () => {
    assert.deepEqual(
      await findingsOf(
        'new URL(import.meta.resolve("heddle")).pathname.endsWith("/packages/heddle/dist/index.js"); // => true',
      ),
      [],
    );
  });
});
