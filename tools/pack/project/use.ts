/** What a user does first: a pool with captured variables, a lock, a queue, a task group, a manager, a check of a model. */
import { check } from "@heddle/testing";
import { Lock, Manager, Queue, taskGroup, ThreadPoolExecutor } from "heddle";

const factor = 7;
const lock = new Lock();
const queue = new Queue<number>();
const counter = new Int32Array(new SharedArrayBuffer(4));

const square = (n: number): number => n * n;

/** Wrong without the lock: reads, lets others in, writes. */
async function addHundred(): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const guard = await lock.acquire();
    const seen = counter[0]!;
    await Promise.resolve();
    counter[0] = seen + 1;
    guard.release();
  }
}

class Tally {
  total = 0;
  add(n: number): number {
    return (this.total += n);
  }
}

/** By an object that lives in another thread. */
async function addThere(numbers: readonly number[]): Promise<number> {
  const manager = await Manager.start();
  const tally = await manager.create(Tally);
  const totals = await Promise.all(numbers.map((n) => tally.add(n)));
  await manager.shutdown();
  return totals.at(-1)!;
}

async function allOf(source: Queue<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of source) items.push(item);
  return items;
}

export interface Used {
  readonly products: number[];
  readonly count: number;
  readonly items: number[];
  readonly squares: number[];
  readonly total: number;
  readonly schedules: number;
}

export async function use(): Promise<Used> {
  const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  try {
    const products = await pool.map((n: number) => square(n) * factor, [1, 2, 3]).toArray();
    await Promise.all([pool.submit(addHundred), pool.submit(addHundred), addHundred()]);
    const producer = pool.submit(() => {
      for (const item of [1, 2, 3]) queue.putSync(item);
      queue.shutdown();
    });
    const [items] = await Promise.all([allOf(queue), producer]);
    const squares = await taskGroup(async (group) => {
      const tasks = [3, 4].map((n) => group.spawn(() => pool.submit(square, n)));
      return Promise.all(tasks);
    });
    const total = await addThere([5, 6]);
    const { schedules } = check(() => [() => {}, () => {}]);
    return { products, count: counter[0]!, items, squares, total, schedules };
  } finally {
    await pool.shutdown();
  }
}
