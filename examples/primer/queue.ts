/**
 * A producer and a consumer.
 *
 * Shows: a queue between threads; its bound, at which the producer waits; `taskDone` and `join`, which wait until
 * everything was not only taken but dealt with; the end of the work by `shutdown`.
 *
 * `npm run example -- primer/queue`
 */
import { Queue, Thread } from "heddle";

interface Order {
  readonly dish: string;
  readonly table: number;
}

function produce(orders: Queue<Order>): void {
  for (const [table, dish] of ["soup", "bread", "fish", "pear"].entries()) orders.putSync({ dish, table });
}

function consume(orders: Queue<Order>, served: Queue<string>): void {
  for (const { dish, table } of orders) {
    served.putSync(`${dish} for table ${table}`);
    orders.taskDone();
  }
}

export async function main(): Promise<string[]> {
  const orders = new Queue<Order>({ maxSize: 2 });
  const served = new Queue<string>();
  const consumer = new Thread(consume, { args: [orders, served] }).start();
  const producer = new Thread(produce, { args: [orders] }).start();
  await producer.join();
  await orders.join();
  orders.shutdown();
  await consumer.join();
  served.shutdown();
  return Array.fromAsync(served);
}

if (import.meta.main) process.stdout.write(`${(await main()).join("\n")}\n`);
