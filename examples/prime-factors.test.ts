import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { numbersFor, primeFactors } from "./prime-factors.ts";

/** Whether no smaller integer divides `n`, by the definition. */
function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return n > 1;
}

describe("primeFactors()", () => {
  test("gives primes in order whose product is the number, for every integer to 2,000", () => {
    for (let n = 1; n <= 2000; n++) {
      const factors = primeFactors(n);
      assert.equal(
        factors.reduce((product, factor) => product * factor, 1),
        n,
      );
      assert.ok(factors.every(isPrime), `${n}: ${factors.join()}`);
      assert.deepEqual(
        factors,
        factors.toSorted((a, b) => a - b),
      );
    }
  });

  test("gives no factors for 1, and a prime as its own only factor", () => {
    assert.deepEqual(primeFactors(1), []);
    assert.deepEqual(primeFactors(97), [97]);
  });

  test("factorises integers up to 10^14, primes and squares of primes among them", () => {
    assert.deepEqual(primeFactors(600_851_475_143), [71, 839, 1471, 6857]);
    assert.deepEqual(primeFactors(99_999_999_999_973), [99_999_999_999_973]);
    assert.deepEqual(primeFactors(9_999_991 ** 2), [9_999_991, 9_999_991]);
    assert.deepEqual(primeFactors(1e14), [...Array(14).fill(2), ...Array(14).fill(5)]);
  });

  test("throws RangeError for what is not an integer from 1 to 10^14", () => {
    for (const bad of [0, -7, 1.5, NaN, Infinity, 1e14 + 2, "7" as unknown as number]) {
      assert.throws(() => primeFactors(bad), {
        name: "RangeError",
        message: /^Cannot factorise .+: not an integer from 1 to 10\^14$/,
      });
    }
  });
});

describe("the example's data", () => {
  const read = (name: string): number[] =>
    readFileSync(new URL(`data/${name}`, import.meta.url), "utf8")
      .trimEnd()
      .split("\n")
      .map(Number);

  test("numbers.txt holds 10,000 integers from 20,000 to 100,000,000", () => {
    const numbers = read("numbers.txt");
    assert.equal(numbers.length, 10_000);
    assert.ok(numbers.every((n) => Number.isInteger(n) && n >= 20_000 && n <= 100_000_000));
  });

  test("large-numbers.txt holds integers to 10^14, most of them above 10^13", () => {
    const numbers = read("large-numbers.txt");
    assert.ok(numbers.every((n) => Number.isInteger(n) && n >= 2 && n <= 1e14));
    assert.ok(numbers.filter((n) => n > 1e13).length > numbers.length / 2);
  });
});

describe("the program", () => {
  for (const how of ["2000", "examples/data/numbers.txt"]) {
    test(`factorises ${how} one after another and in batches, with the same result`, () => {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ["--conditions=@heddle/source", "examples/prime-factors.ts", how],
        { cwd: new URL("../", import.meta.url), encoding: "utf8" },
      );
      assert.equal(status, 0, stderr);
      assert.match(
        stdout,
        /^one after another: (2000|10000) numbers in \d+ ms\n10 batches on \d+ processes: in \d+ ms/,
      );
      assert.match(stdout, /the same factors\nstarting the processes took/);
    });
  }

  test("draws integers from 20,000 to 100,000,000", () => {
    const numbers = numbersFor("1000");
    assert.equal(numbers.length, 1000);
    assert.ok(numbers.every((n) => Number.isInteger(n) && n >= 20_000 && n <= 100_000_000));
  });
});
