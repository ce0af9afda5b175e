/**
 * The dining philosophers: five of them, five forks, and each eats with the two beside the plate.
 *
 * Shows: two locks held at once, without a deadlock: everybody takes the fork with the lower number first, so that no
 * circle of waiting can close; `using`, which puts the forks back however a meal ends.
 *
 * `npm run example -- classics/dining-philosophers [tasks|threads] [meals each]`
 */
import assert from "node:assert/strict";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor, Future } from "heddle";
import { Lock } from "heddle/sync";

const PHILOSOPHERS = 5;

interface Table {
  readonly forks: readonly Lock[];
  /** 1 for a fork in a hand. Only touched by who holds its lock, so plain memory will do. */
  readonly inHand: Int32Array<SharedArrayBuffer>;
}

function newTable(): Table {
  return {
    forks: Array.from({ length: PHILOSOPHERS }, () => new Lock()),
    inHand: new Int32Array(new SharedArrayBuffer(4 * PHILOSOPHERS)),
  };
}

/** The forks beside a seat, the lower number first. */
function forksOf(seat: number): readonly [number, number] {
  const other = (seat + 1) % PHILOSOPHERS;
  return seat < other ? [seat, other] : [other, seat];
}

/** Takes or puts back a fork whose lock is held; what somebody else has in the hand is a broken promise. */
function move({ inHand }: Table, fork: number, from: 0 | 1, to: 0 | 1): void {
  if (inHand[fork] !== from) throw new Error(`Cannot eat: fork ${fork} is in two hands`);
  inHand[fork] = to;
}

function eat(table: Table, lower: number, higher: number): void {
  for (const fork of [lower, higher]) move(table, fork, 0, 1);
  for (const fork of [lower, higher]) move(table, fork, 1, 0);
}

async function dine(table: Table, seat: number, meals: number): Promise<number> {
  const [lower, higher] = forksOf(seat);
  let eaten = 0;
  while (eaten < meals) {
    using _lower = await table.forks[lower]!.acquire();
    using _higher = await table.forks[higher]!.acquire();
    eat(table, lower, higher);
    eaten++;
  }
  return eaten;
}

function dineBlocking(table: Table, seat: number, meals: number): number {
  const [lower, higher] = forksOf(seat);
  let eaten = 0;
  while (eaten < meals) {
    using _lower = table.forks[lower]!.acquireSync();
    using _higher = table.forks[higher]!.acquireSync();
    eat(table, lower, higher);
    eaten++;
  }
  return eaten;
}

/** Seats them all; gives the number of meals. */
async function seatAll(start: (seat: number) => Future<number>, meals: number): Promise<number> {
  const philosophers = Array.from({ length: PHILOSOPHERS }, (_, seat) => start(seat));
  const eaten = await Promise.all(philosophers);
  assert.deepEqual(
    eaten,
    philosophers.map(() => meals),
  );
  return eaten.reduce((sum, each) => sum + each, 0);
}

/** Philosophers that wait, each for so many meals. */
export function diningPhilosophers(executor: Executor, meals: number): Promise<number> {
  const table = newTable();
  return seatAll((seat) => executor.submit(dine, table, seat, meals), meals);
}

/** Philosophers that block: `threads` must have a worker for each of the five. */
export function diningPhilosophersBlocking(threads: ThreadPoolExecutor, meals: number): Promise<number> {
  const table = newTable();
  return seatAll((seat) => threads.submit(dineBlocking, table, seat, meals), meals);
}

if (import.meta.main) {
  const [on = "tasks", meals = "10000"] = process.argv.slice(2);
  if (on === "threads") {
    await using threads = new ThreadPoolExecutor({ maxWorkers: PHILOSOPHERS });
    console.log(`${await diningPhilosophersBlocking(threads, Number(meals))} meals, on five threads`);
  } else {
    await using tasks = new InlineExecutor();
    console.log(`${await diningPhilosophers(tasks, Number(meals))} meals, in one thread`);
  }
}
