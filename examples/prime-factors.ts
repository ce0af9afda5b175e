/**
 * The prime factors of many integers, by trial division: one after another, then in 10 batches on processes.
 *
 *     node examples/prime-factors.ts [how many, or a file of numbers]
 *
 * By default 10,000 random integers from 20,000 to 100,000,000. The program prints how long both ways take, and whether their
 * results are the same. The function is a plain one, which the README's command runs over thousands of numbers, too:
 * nothing in it knows that it may run elsewhere.
 *
 * @packageDocumentation
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { ProcessPoolExecutor } from "heddle";

/** Trial division of a larger integer takes seconds; this is where the promise ends. */
const LARGEST = 1e14;

/**
 * Gives the prime factors of `n`, smallest first, each as often as it divides.
 *
 * @param n - An integer from 1 to 10¹⁴.
 * @returns Primes whose product is `n`; none for 1.
 * @throws `RangeError` when `n` is anything else.
 *
 * @remarks
 * Cost: at most `√n / 2` divisions, that is five million.
 *
 * @example
 * ```ts
 * primeFactors(360).join(" "); // => "2 2 2 3 3 5"
 * ```
 */
export function primeFactors(n: number): number[] {
  if (!Number.isInteger(n) || n < 1 || n > LARGEST) {
    throw new RangeError(`Cannot factorise ${described(n)}: not an integer from 1 to 10^14`);
  }
  const factors: number[] = [];
  let rest = n;
  for (let divisor = 2; divisor * divisor <= rest; divisor += divisor === 2 ? 1 : 2) {
    // A product of safe integers is exact, and unlike `%` this stays fast beyond 2³¹.
    let quotient = Math.floor(rest / divisor);
    while (quotient * divisor === rest) {
      factors.push(divisor);
      rest = quotient;
      quotient = Math.floor(rest / divisor);
    }
  }
  if (rest > 1) factors.push(rest);
  return factors;
}

/** How a message shows what was given: text in quotes, so that "7" is not taken for 7. */
function described(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

const SMALLEST = 20_000;
const LARGEST_DRAWN = 100_000_000;
const BATCHES = 10;

/** Random integers: `how` says how many, or is a file that has one on each line. */
export function numbersFor(how: string): number[] {
  if (!/^\d+$/.test(how)) return readFileSync(how, "utf8").trim().split(/\s+/).map(Number);
  const range = LARGEST_DRAWN - SMALLEST + 1;
  return Array.from({ length: Number(how) }, () => SMALLEST + Math.floor(Math.random() * range));
}

async function main(how = "10000"): Promise<void> {
  const numbers = numbersFor(how);
  const factorsOf = (batch: readonly number[]): number[][] => batch.map(primeFactors);

  let began = performance.now();
  const oneByOne = factorsOf(numbers);
  const aloneMs = performance.now() - began;
  console.log(`one after another: ${numbers.length} numbers in ${aloneMs.toFixed(0)} ms`);

  began = performance.now();
  await using pool = new ProcessPoolExecutor();
  await pool.broadcast(() => {});
  const startMs = performance.now() - began;

  began = performance.now();
  const size = Math.ceil(numbers.length / BATCHES);
  const batches = Array.from({ length: BATCHES }, (_, i) => numbers.slice(i * size, (i + 1) * size));
  const results = await Promise.all(batches.map((batch) => pool.submit(factorsOf, batch)));
  const poolMs = performance.now() - began;
  const verdict = isDeepStrictEqual(results.flat(), oneByOne) ? "the same factors" : "OTHER FACTORS";
  console.log(
    `${BATCHES} batches on ${pool.maxWorkers} processes: in ${poolMs.toFixed(0)} ms, ` +
      `${(aloneMs / poolMs).toFixed(1)} times as fast; ${verdict}`,
  );
  console.log(
    `starting the processes took ${startMs.toFixed(0)} ms: what is quicker than that by itself stays at home`,
  );
}

if (import.meta.main) await main(process.argv[2]);
