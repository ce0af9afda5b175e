import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { generate } from "./generate.ts";

test("generate() runs source text with one name bound", () => {
  assert.equal(generate("x", "return x + 1", 41), 42);
  assert.throws(() => generate("x", "return )("), SyntaxError);
});

test("messages come back the same in a program that forbids code from text", async () => {
  const program = `
    import assert from "node:assert/strict";
    import { TestWire } from ${JSON.stringify(import.meta.resolve("./fixture.test.ts"))};
    assert.throws(() => new Function("return 1"), EvalError);
    const wire = new TestWire();
    const value = { id: 1, name: "short", long: "x".repeat(100), list: [{ a: "b", c: 1.5 }, { a: "d", c: 2 }] };
    for (let i = 0; i < 200; i++) assert.deepEqual(wire.send(value), value);
    console.log("same");
  `;
  const flags = [
    "--disallow-code-generation-from-strings",
    "--conditions=@heddle/source",
    "--input-type=module",
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", program], {
    timeout: 20_000,
  });
  assert.equal(stdout, "same\n");
});
