/** Processes that wait for each other with nothing else to do: each wait has to be woken by what it waits for alone. */
import { Lock, Process, ProcessPoolExecutor, Queue, SharedHeap } from "heddle";

const heap = SharedHeap.create(`packed-${process.pid}`, { sizeBytes: 2 ** 24 });

async function addOne(from: Queue<number | undefined>, to: Queue<number>): Promise<string> {
  for (let item = await from.get(); item !== undefined; item = await from.get()) await to.put(item + 1);
  return "ended";
}

const there = new Queue<number | undefined>({ heap });
const back = new Queue<number>({ heap });
const adder = new Process(addOne, { args: [there, back] }).start();
let sum = 0;
for (let turn = 0; turn < 50; turn++) {
  await there.put(turn);
  sum += await back.get();
}
await there.put(undefined);
const ended = await adder.result;

const lock = new Lock({ heap });
const holder = new Process(
  async (lock: Lock, back: Queue<number>) => {
    await lock.acquire();
    await back.put(1);
    return new Promise(() => setInterval(() => {}, 1_000_000));
  },
  { args: [lock, back] },
).start();
await back.get();
const next = lock.acquire();
holder.kill("SIGKILL");
const { abandoned } = await next;
heap.unlink();

await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
const factor = 7;
const product = await pool.submit((n: number) => n * factor, 6);

console.log(JSON.stringify({ sum, ended, abandoned, product }));
