/**
 * The prime factors of an integer, by trial division: the work that the README's command runs over
 * thousands of numbers. A plain function; nothing in it knows that it may run on several threads.
 *
 * @packageDocumentation
 */

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
