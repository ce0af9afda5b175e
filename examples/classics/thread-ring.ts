/**
 * The thread ring: many tasks in a ring hand on a token that counts down. Who has it when it reaches 0?
 *
 * Shows: hundreds of tasks that wait at once and cost nothing meanwhile; a hand-over between tasks of one thread, or of
 * several, by the same code: where a task runs is the executor's affair.
 *
 * `npm run example -- classics/thread-ring [tasks|threads] [hops] [nodes]`
 */
import assert from "node:assert/strict";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor } from "heddle";
import { Channel } from "heddle/queues";

async function node(
  number: number,
  own: Channel<number>,
  next: Channel<number>,
  last: Channel<number>,
): Promise<void> {
  for await (const hops of own) {
    if (hops === 0) await last.send(number);
    else await next.send(hops - 1);
  }
}

/** Sends a token so many hops round a ring; gives the number, from 1, of the node at which it stops. */
export async function threadRing(executor: Executor, hops: number, nodes = 503): Promise<number> {
  const channels = Array.from({ length: nodes }, () => new Channel<number>());
  const last = new Channel<number>();
  const ring = channels.map((own, index) =>
    executor.submit(node, index + 1, own, channels[(index + 1) % nodes]!, last),
  );
  await channels[0]!.send(hops);
  const number = await last.receive();
  for (const channel of channels) channel.close();
  await Promise.all(ring);
  assert.equal(number, (hops % nodes) + 1);
  return number;
}

if (import.meta.main) {
  const [on = "tasks", hops = "50000", nodes = "503"] = process.argv.slice(2);
  await using executor =
    on === "threads"
      ? new ThreadPoolExecutor({ maxWorkers: 2, concurrencyPerWorker: Infinity })
      : new InlineExecutor();
  const number = await threadRing(executor, Number(hops), Number(nodes));
  console.log(`the token stops at node ${number} of ${nodes}, on ${on}`);
}
