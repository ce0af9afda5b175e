/**
 * Two threads and one lock.
 *
 * Shows: threads of their own for plain functions, shared memory that both count in, and a lock without which counts would be lost.
 *
 * `npm run example -- primer/lock`
 */
import { Lock, Thread } from "heddle";

const ROUNDS = 100_000;

/** Counts in memory that others count in, too: reads, adds, and writes, which is no single step. */
function count(lock: Lock, total: Int32Array, name: string): string {
  for (let round = 0; round < ROUNDS; round++) {
    using _guard = lock.acquireSync();
    total[0] = total[0]! + 1;
  }
  return `${name} is done`;
}

export async function main(): Promise<string[]> {
  const lock = new Lock();
  const total = new Int32Array(new SharedArrayBuffer(4));
  const threads = ["first", "second"].map((name) =>
    new Thread(count, { args: [lock, total, name], name }).start(),
  );
  const words = await Promise.all(threads.map((thread) => thread.result));
  return [...words, `together they counted to ${total[0]}`];
}

if (import.meta.main) process.stdout.write(`${(await main()).join("\n")}\n`);
