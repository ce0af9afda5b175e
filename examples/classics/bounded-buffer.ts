/**
 * The bounded buffer: producers put items into a ring of a few places, consumers take them out; who finds it full, or
 * empty, waits.
 *
 * Shows: a monitor, written out: one lock and two conditions over plain shared memory, with the loops around `wait` that
 * `waitFor` is. (Whoever only wants a bounded buffer takes a `Queue` with `maxSize`, or a `Channel`.)
 *
 * `npm run example -- classics/bounded-buffer [tasks|threads] [items per producer]`
 */
import assert from "node:assert/strict";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor, Future } from "heddle";
import { Condition, Lock } from "heddle/sync";

const PRODUCERS = 2;
const CONSUMERS = 2;
const PLACES = 8;

/** The ring, and who waits for what. The same object for all, wherever they run. */
interface Buffer {
  readonly places: Int32Array<SharedArrayBuffer>;
  /** The index of the oldest item, and how many there are. Only touched with the lock held. */
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly lock: Lock;
  readonly hasRoom: Condition;
  readonly hasItem: Condition;
}

const FIRST = 0;
const COUNT = 1;

function newBuffer(): Buffer {
  const lock = new Lock();
  return {
    places: new Int32Array(new SharedArrayBuffer(4 * PLACES)),
    state: new Int32Array(new SharedArrayBuffer(8)),
    lock,
    hasRoom: new Condition(lock),
    hasItem: new Condition(lock),
  };
}

/** Adds behind the last. The lock is held, and there is room. */
function push({ places, state }: Buffer, item: number): void {
  places[(state[FIRST]! + state[COUNT]!) % PLACES] = item;
  state[COUNT]!++;
}

/** Removes the first. The lock is held, and there is one. */
function shift({ places, state }: Buffer): number {
  const item = places[state[FIRST]!]!;
  state[FIRST] = (state[FIRST]! + 1) % PLACES;
  state[COUNT]!--;
  return item;
}

async function produce(buffer: Buffer, items: number): Promise<void> {
  for (let item = 1; item <= items; item++) {
    using _held = await buffer.lock.acquire();
    await buffer.hasRoom.waitFor(() => buffer.state[COUNT]! < PLACES);
    push(buffer, item);
    buffer.hasItem.notify();
  }
}

async function consume(buffer: Buffer, items: number): Promise<number> {
  let sum = 0;
  for (let taken = 0; taken < items; taken++) {
    using _held = await buffer.lock.acquire();
    await buffer.hasItem.waitFor(() => buffer.state[COUNT]! > 0);
    sum += shift(buffer);
    buffer.hasRoom.notify();
  }
  return sum;
}

function produceBlocking(buffer: Buffer, items: number): void {
  for (let item = 1; item <= items; item++) {
    using _held = buffer.lock.acquireSync();
    buffer.hasRoom.waitForSync(() => buffer.state[COUNT]! < PLACES);
    push(buffer, item);
    buffer.hasItem.notify();
  }
}

function consumeBlocking(buffer: Buffer, items: number): number {
  let sum = 0;
  for (let taken = 0; taken < items; taken++) {
    using _held = buffer.lock.acquireSync();
    buffer.hasItem.waitForSync(() => buffer.state[COUNT]! > 0);
    sum += shift(buffer);
    buffer.hasRoom.notify();
  }
  return sum;
}

/** Runs all of them to their end; gives the sum of what was taken out. */
async function runAll(
  produceOne: () => Future<void>,
  consumeOne: () => Future<number>,
  items: number,
): Promise<number> {
  const consumers = Array.from({ length: CONSUMERS }, consumeOne);
  const producers = Array.from({ length: PRODUCERS }, produceOne);
  await Promise.all(producers);
  const sum = (await Promise.all(consumers)).reduce((total, part) => total + part, 0);
  assert.equal(sum, (PRODUCERS * items * (items + 1)) / 2);
  return sum;
}

/** Two producers of so many items each, and two consumers, that wait. */
export function boundedBuffer(executor: Executor, items: number): Promise<number> {
  const buffer = newBuffer();
  return runAll(
    () => executor.submit(produce, buffer, items),
    () => executor.submit(consume, buffer, items),
    items,
  );
}

/** The same with producers and consumers that block: `threads` must have a worker for each of the four. */
export function boundedBufferBlocking(threads: ThreadPoolExecutor, items: number): Promise<number> {
  const buffer = newBuffer();
  return runAll(
    () => threads.submit(produceBlocking, buffer, items),
    () => threads.submit(consumeBlocking, buffer, items),
    items,
  );
}

if (import.meta.main) {
  const [on = "tasks", items = "10000"] = process.argv.slice(2);
  if (on === "threads") {
    await using threads = new ThreadPoolExecutor({ maxWorkers: PRODUCERS + CONSUMERS });
    console.log(`items of the sum ${await boundedBufferBlocking(threads, Number(items))}, on four threads`);
  } else {
    await using tasks = new InlineExecutor();
    console.log(`items of the sum ${await boundedBuffer(tasks, Number(items))}, in one thread`);
  }
}
