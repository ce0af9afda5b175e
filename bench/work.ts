/**
 * The work that the contenders do: the same functions for all of them.
 *
 * Every peer's worker file imports them from here; Heddle is given them as they are.
 */
import { primeFactors } from "../examples/prime-factors.ts";
/** A record of about 1 KB and 20 keys: what a job queue or a row of a database looks like. */
export interface SampleRecord {
  readonly id: number;
  readonly [key: string]: unknown;
}

/** The cheapest task there is. */
export function add(a: number, b: number): number {
  return a + b;
}

/** Gives its argument back. */
export function echo<T>(value: T): T {
  return value;
}

/** The length of a buffer that travelled. */
export function byteLength(buffer: ArrayBuffer): number {
  return buffer.byteLength;
}

/** A CPU-bound task without memory: `steps` rounds of small-integer arithmetic, each of which needs the one before. */
export function burn(steps: number): number {
  let state = 1;
  for (let step = 0; step < steps; step++) state = (state * 31 + step) % 65_521;
  return state;
}

/** A task that waits for one turn of its worker's event loop. */
export async function turn(value: number): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
}

/** The smallest item of a map. */
export function increment(value: number): number {
  return value + 1;
}

/** A hand-made chunk of the same. */
export function incrementAll(values: readonly number[]): number[] {
  return values.map(increment);
}

/** The prime factors of one number, by trial division. */
export function factorise(value: number): number[] {
  return primeFactors(value);
}

/** A hand-made chunk of the same. */
export function factoriseAll(values: readonly number[]): number[][] {
  return values.map(factorise);
}

/** The same work with a small result: the largest prime factor alone. */
export function largestFactor(value: number): number {
  return primeFactors(value).at(-1) ?? 1;
}

/** A hand-made chunk of the same. */
export function largestFactorAll(values: readonly number[]): number[] {
  return values.map(largestFactor);
}

/** A task of so many rounds of {@link burn}, which gives its payload back; without one, what came of the rounds. */
export function job(steps: number, payload: unknown): unknown {
  const state = burn(steps);
  return payload ?? state;
}

/** Gives the items of a chunk back: what the chunks of a map cost by themselves. */
export function echoAll<T>(values: readonly T[]): T[] {
  return values.map(echo);
}

/** What a task of poolifier's comparison of pools answers. */
export interface FactorialAnswer {
  readonly ok: 1;
  readonly factorial: bigint;
}

/** n! in exact integers: the task of poolifier's comparison of pools. */
export function factorial(n: number): FactorialAnswer {
  let product = 1n;
  for (let factor = 1n; factor <= n; factor++) product *= factor;
  return { ok: 1, factorial: product };
}

/** A hand-made chunk of the same. */
export function factorialAll(values: readonly number[]): FactorialAnswer[] {
  return values.map(factorial);
}

/** Starts a timer that counts `ticks` times in shared memory, once every `everyMs`, after the task has returned. */
export function startTicking(shared: SharedArrayBuffer, everyMs: number, ticks: number): number {
  const words = new Int32Array(shared);
  let left = ticks;
  const timer = setInterval(() => {
    Atomics.add(words, 0, 1);
    left--;
    if (left === 0) clearInterval(timer);
  }, everyMs);
  return ticks;
}

/** The record that the 1 KB cases send: `JSON.stringify` gives close to 1,024 bytes. */
export function sampleRecord(id: number): SampleRecord {
  return {
    id,
    kind: "order",
    customer: "Ada Lovelace",
    email: "ada@analytical.example",
    street: "12 St James's Square",
    city: "London",
    postcode: "SW1Y 4JH",
    country: "GB",
    total: 1249.95,
    tax: 208.33,
    currency: "GBP",
    paid: true,
    note: "Leave with the porter, please; the bell does not work after nine in the evening.",
    created: "2026-11-21T09:30:00.000Z",
    updated: "2026-11-21T10:02:17.412Z",
    coupon: null,
    weightGrams: 1830,
    position: { latitude: 51.5074, longitude: -0.1376, accuracyMetres: 12 },
    lines: [
      { sku: "BRASS-GEAR-12", title: "Brass gear, 12 teeth", quantity: 4, price: 19.5 },
      { sku: "BRASS-GEAR-36", title: "Brass gear, 36 teeth", quantity: 8, price: 44.25 },
      { sku: "PUNCH-CARD-50", title: "Punch cards, pack of fifty", quantity: 10, price: 62.5 },
      { sku: "CRANK-IRON", title: "Crank handle, wrought iron", quantity: 1, price: 192.95 },
      { sku: "OIL-SPERM-1L", title: "Machine oil, one litre", quantity: 2, price: 12.5 },
    ],
    tags: ["priority", "fragile", "gift", "export"],
  };
}
