/**
 * What each thread of a case with several threads does. The same loops for every contender: only how it waits, enters,
 * sends and receives is its own. They run in workers: Heddle is given closures over them, the others import them there.
 */
import { percentile } from "../harness/statistics.ts";
import { burn, sampleRecord } from "../work.ts";
import type { SampleRecord } from "../work.ts";

/** A step of a contender: done when it returns, or when its promise resolves. To `await` the first kind would cost more than it. */
type Step<A extends unknown[] = []> = (...args: A) => void | Promise<void>;

/** Words that the threads of one run share, each in a cache line of its own. */
const COUNTER = 0;
const ARRIVED = 16;
const STOP = 32;
/** Two words: when the last hand-over began. */
const STAMP = 48;

/** Fresh memory for one run, in which so many threads are taken to be there already. */
export function sharedWords(here = 0): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(1024);
  new Int32Array(shared)[ARRIVED] = here;
  return shared;
}

/** How often the section was entered, by the count kept inside it without atomics: right only if the lock is. */
export function countIn(shared: SharedArrayBuffer): number {
  return new Int32Array(shared)[COUNTER]!;
}

/** Blocks until all `parties` threads are here: a worker that starts late must not leave the others alone. */
export function meet(shared: SharedArrayBuffer, parties: number): void {
  const words = new Int32Array(shared);
  if (Atomics.add(words, ARRIVED, 1) === parties - 1) Atomics.notify(words, ARRIVED);
  for (let here = Atomics.load(words, ARRIVED); here < parties; here = Atomics.load(words, ARRIVED))
    Atomics.wait(words, ARRIVED, here);
}

/** A contended run: for so long, so many rounds of {@link burn} while the lock is held, and between two acquisitions. */
export interface Contest {
  readonly threads: number;
  readonly forMs: number;
  readonly inside: number;
  readonly outside: number;
}

/** What one thread of it did. */
export interface Share {
  readonly entered: number;
  readonly elapsedMs: number;
}

/** The clock is read once in so many entries: reading it costs as much as an entry. */
const ENTRIES_PER_LOOK = 32;

/** Enters the section as often as it can. `enter` acquires, calls its argument, and releases, `times` times. */
export async function contend(
  shared: SharedArrayBuffer,
  { threads, forMs, inside, outside }: Contest,
  enter: Step<[times: number, body: () => void, between: () => void]>,
): Promise<Share> {
  const words = new Int32Array(shared);
  const body = (): void => {
    words[COUNTER] = words[COUNTER]! + 1;
    if (inside > 0) burn(inside);
  };
  const between = (): void => {
    if (outside > 0) burn(outside);
  };
  meet(shared, threads);
  const start = performance.now();
  let entered = 0;
  do {
    const pending = enter(ENTRIES_PER_LOOK, body, between);
    if (pending !== undefined) await pending;
    entered += ENTRIES_PER_LOOK;
  } while (performance.now() - start < forMs);
  return { entered, elapsedMs: performance.now() - start };
}

/** A run of hand-overs: for so long, with so long a rest before each, so that whoever waits is fast asleep. */
export interface Relay {
  readonly forMs: number;
  readonly idleMs: number;
}

/** Times in microseconds, and how many there are. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

const MOST_SAMPLES = 200_000;

function latenciesOf(samples: Float64Array, count: number): Latencies {
  const taken = samples.subarray(0, Math.min(count, MOST_SAMPLES));
  return taken.length === 0
    ? { count, p50: 0, p99: 0 }
    : { count, p50: percentile(taken, 0.5), p99: percentile(taken, 0.99) };
}

/**
 * One side of a relay: hands over and waits to be handed back, over and over. Each sample is half of a round.
 *
 * @param handOver - Wakes the other side.
 * @param waitTurn - Waits for the other side.
 */
export async function lead(
  shared: SharedArrayBuffer,
  { forMs, idleMs }: Relay,
  handOver: Step,
  waitTurn: Step,
): Promise<Latencies> {
  const words = new Int32Array(shared);
  const stamp = new BigInt64Array(shared, STAMP * 4, 1);
  const rest = new Int32Array(new SharedArrayBuffer(4));
  const samples = new Float64Array(MOST_SAMPLES);
  let count = 0;
  meet(shared, 2);
  const until = performance.now() + forMs;
  for (;;) {
    if (idleMs > 0) {
      Atomics.wait(rest, 0, 0, idleMs);
      stamp[0] = process.hrtime.bigint();
    }
    const start = performance.now();
    if (count > 0 && start > until) break;
    const handing = handOver();
    if (handing !== undefined) await handing;
    const waiting = waitTurn();
    if (waiting !== undefined) await waiting;
    samples[count++ % MOST_SAMPLES] = (performance.now() - start) * 500;
  }
  Atomics.store(words, STOP, 1);
  await handOver();
  return latenciesOf(samples, count);
}

/** The other side of a relay. Each sample, if there is a rest, is from before the hand-over until this side runs. */
export async function follow(
  shared: SharedArrayBuffer,
  { idleMs }: Relay,
  handOver: Step,
  waitTurn: Step,
): Promise<Latencies> {
  const words = new Int32Array(shared);
  const stamp = new BigInt64Array(shared, STAMP * 4, 1);
  const samples = new Float64Array(MOST_SAMPLES);
  let count = 0;
  meet(shared, 2);
  for (;;) {
    const waiting = waitTurn();
    if (waiting !== undefined) await waiting;
    const now = idleMs > 0 ? process.hrtime.bigint() : 0n;
    if (Atomics.load(words, STOP) === 1) break;
    if (idleMs > 0) samples[count % MOST_SAMPLES] = Number(now - stamp[0]!) / 1000;
    count++;
    const handing = handOver();
    if (handing !== undefined) await handing;
  }
  return latenciesOf(samples, count);
}

/** What goes through a queue: small integers, or records of about 1 KB. */
export type Cargo = "small" | "record";
export type Item = number | SampleRecord;

const ITEMS = 64;

/** Items that go through a queue over and over, and the mark that ends them. */
export function cargoOf(cargo: Cargo): { readonly items: readonly Item[]; readonly end: Item } {
  return cargo === "small"
    ? { items: Array.from({ length: ITEMS }, (_, index) => index * 7), end: -1 }
    : { items: Array.from({ length: ITEMS }, (_, index) => sampleRecord(index)), end: sampleRecord(-1) };
}

/** What one end of a queue saw of it. */
export interface Flow {
  readonly count: number;
  readonly sum: number;
  readonly elapsedMs: number;
}

/** A run of items from one thread to another, through a queue that holds so many of them. */
export interface Haul {
  readonly forMs: number;
  readonly capacity: number;
  readonly cargo: Cargo;
}

/** Sends items for so long, and then the mark. `sendAll` sends each item of an array by itself. */
export async function send(
  shared: SharedArrayBuffer,
  { forMs, cargo }: Haul,
  sendAll: Step<[items: readonly Item[]]>,
): Promise<Flow> {
  const { items, end } = cargoOf(cargo);
  const sumOfItems = items.reduce<number>((sum, item) => sum + valueOf(item), 0);
  meet(shared, 2);
  const start = performance.now();
  let rounds = 0;
  do {
    const pending = sendAll(items);
    if (pending !== undefined) await pending;
    rounds++;
  } while (performance.now() - start < forMs);
  await sendAll([end]);
  return { count: rounds * ITEMS, sum: rounds * sumOfItems, elapsedMs: performance.now() - start };
}

/** Receives until the mark. `drain` gives its argument every item that comes, until that returns `false`. */
export async function receive(
  shared: SharedArrayBuffer,
  drain: Step<[take: (item: Item) => boolean]>,
): Promise<Flow> {
  let count = 0;
  let sum = 0;
  const take = (item: Item): boolean => {
    const value = valueOf(item);
    if (value < 0) return false;
    count++;
    sum += value;
    return true;
  };
  meet(shared, 2);
  const start = performance.now();
  const pending = drain(take);
  if (pending !== undefined) await pending;
  return { count, sum, elapsedMs: performance.now() - start };
}

/** A number that shows that the whole item is there. */
function valueOf(item: Item): number {
  return typeof item === "number"
    ? item
    : (item["tags"] as readonly string[]).length === 4
      ? item.id
      : Number.NaN;
}
