/**
 * Ping-pong: two players and a ball that each of them hits back.
 *
 * Shows: channels of capacity 0, on which a value is handed over and never stored; a loop over a channel, which ends when it
 * is closed; the same game with players that wait (tasks of one thread, or of several) and with players that block
 * (each needs a thread of its own).
 *
 * `npm run example -- classics/ping-pong [tasks|threads] [rounds]`
 */
import assert from "node:assert/strict";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor } from "heddle";
import { Channel } from "heddle/queues";

/** What lies on the table: the number of hits so far. */
type Ball = Channel<number>;

async function ping(there: Ball, back: Ball, rounds: number): Promise<number> {
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    await there.send(hits + 1);
    hits = await back.receive();
  }
  there.close();
  return hits;
}

async function pong(there: Ball, back: Ball): Promise<void> {
  for await (const hits of there) await back.send(hits + 1);
}

function pingBlocking(there: Ball, back: Ball, rounds: number): number {
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    there.sendSync(hits + 1);
    hits = back.receiveSync();
  }
  there.close();
  return hits;
}

function pongBlocking(there: Ball, back: Ball): void {
  for (const hits of there) back.sendSync(hits + 1);
}

/** Plays so many rounds with players that wait; gives the number of hits. */
export async function pingPong(executor: Executor, rounds: number): Promise<number> {
  const there: Ball = new Channel();
  const back: Ball = new Channel();
  const players = [executor.submit(ping, there, back, rounds), executor.submit(pong, there, back)] as const;
  const [hits] = await Promise.all(players);
  assert.equal(hits, 2 * rounds);
  return hits;
}

/** The same with players that block: `threads` must have a worker for each of the two. */
export async function pingPongBlocking(threads: ThreadPoolExecutor, rounds: number): Promise<number> {
  const there: Ball = new Channel();
  const back: Ball = new Channel();
  const players = [
    threads.submit(pingBlocking, there, back, rounds),
    threads.submit(pongBlocking, there, back),
  ] as const;
  const [hits] = await Promise.all(players);
  assert.equal(hits, 2 * rounds);
  return hits;
}

if (import.meta.main) {
  const [on = "tasks", rounds = "10000"] = process.argv.slice(2);
  if (on === "threads") {
    await using threads = new ThreadPoolExecutor({ maxWorkers: 2 });
    console.log(`${await pingPongBlocking(threads, Number(rounds))} hits, on two threads`);
  } else {
    await using tasks = new InlineExecutor();
    console.log(`${await pingPong(tasks, Number(rounds))} hits, in one thread`);
  }
}
