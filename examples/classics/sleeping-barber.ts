/**
 * The sleeping barber: a barber who sleeps while nobody waits, a few chairs, and customers who walk round the block when
 * all chairs are taken.
 *
 * Shows: a channel as a waiting room, with `trySend` for who will not wait for a place in it; a channel for each customer
 * to be told on; the same code for tasks of one thread and of several.
 *
 * `npm run example -- classics/sleeping-barber [tasks|threads] [haircuts each]`
 */
import assert from "node:assert/strict";
import { setImmediate as walkRoundTheBlock } from "node:timers/promises";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor } from "heddle";
import { Channel } from "heddle/queues";

const CUSTOMERS = 6;
const CHAIRS = 3;

/** Cuts the hair of who sits in the waiting room, and tells each which haircut of the day it was. */
async function barber(chairs: Channel<number>, done: readonly Channel<number>[]): Promise<number> {
  let haircuts = 0;
  for await (const customer of chairs) await done[customer]!.send(++haircuts);
  return haircuts;
}

/** Wants so many haircuts; gives the sum of their numbers. */
async function customer(
  number: number,
  chairs: Channel<number>,
  done: Channel<number>,
  haircuts: number,
): Promise<number> {
  let sum = 0;
  for (let visit = 0; visit < haircuts; visit++) {
    while (!chairs.trySend(number)) await walkRoundTheBlock();
    sum += await done.receive();
  }
  return sum;
}

/** Opens the shop until six customers had so many haircuts each; gives the number of haircuts. */
export async function sleepingBarber(executor: Executor, haircutsEach: number): Promise<number> {
  const chairs = new Channel<number>(CHAIRS);
  const done = Array.from({ length: CUSTOMERS }, () => new Channel<number>(1));
  const shop = executor.submit(barber, chairs, done);
  const customers = done.map((own, number) => executor.submit(customer, number, chairs, own, haircutsEach));
  const sums = await Promise.all(customers);
  chairs.close();
  const haircuts = await shop;
  assert.equal(haircuts, CUSTOMERS * haircutsEach);
  // Everybody was told of his own haircuts, and of nobody else's.
  assert.equal(
    sums.reduce((total, sum) => total + sum, 0),
    (haircuts * (haircuts + 1)) / 2,
  );
  return haircuts;
}

if (import.meta.main) {
  const [on = "tasks", haircutsEach = "5000"] = process.argv.slice(2);
  await using executor =
    on === "threads"
      ? new ThreadPoolExecutor({ maxWorkers: 2, concurrencyPerWorker: Infinity })
      : new InlineExecutor();
  console.log(`${await sleepingBarber(executor, Number(haircutsEach))} haircuts, on ${on}`);
}
