import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { compileWords, type WasmMemory } from "./compiled-words.ts";

declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
};

const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
const words = new Int32Array(memory.buffer);
const compiled = compileWords(memory);

const OPERATIONS = ["add", "and", "or", "exchange"] as const;
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const index = fc.integer({ min: 0, max: words.length - 1 });

describe("compiled words", () => {
  test("do to a word, and answer, what Atomics do", () => {
    const operation = fc.constantFrom(...OPERATIONS);
    fc.assert(
      fc.property(operation, index, word, word, (name, at, before, operand) => {
        words[at] = before;
        const answer = Atomics[name](words, at, operand);
        const after = words[at];
        words[at] = before;
        assert.equal(compiled[name](4 * at, operand), answer);
        assert.equal(words[at], after);
      }),
    );
  });

  test("read a word that was written, of the last page too", () => {
    fc.assert(
      fc.property(index, word, (at, value) => {
        compiled.store(4 * at, value);
        assert.equal(words[at], value);
        assert.equal(compiled.load(4 * at), value);
      }),
    );
  });

  test("exchange a word only if it is what was expected, and say what it was", () => {
    fc.assert(
      fc.property(index, word, word, word, (at, before, other, replacement) => {
        for (const expected of [before, other]) {
          words[at] = before;
          assert.equal(compiled.compareExchange(4 * at, expected, replacement), before);
          assert.equal(words[at], expected === before ? replacement : before);
        }
      }),
    );
  });
});

const GROWN = fileURLToPath(new URL("./fixtures/grown.ts", import.meta.url));

describe("a thread that has its words compiled", () => {
  // Without its handler of traps V8 looks at the size of the memory, as this thread has heard of it last.
  for (const flags of [[], ["--disable-wasm-trap-handler"]]) {
    const how = flags.length === 0 ? "" : `, with ${flags.join(" ")}`;
    test(`reads at once what another writes behind all that there was${how}`, { timeout: 60_000 }, () => {
      const { stdout } = spawnSync(process.execPath, [...process.execArgv, ...flags, GROWN], {
        encoding: "utf8",
      });
      assert.equal(stdout, "200 were read\n");
    });
  }
});
