/** Heddle: objects in a heap that processes share, and a process for one function. */
import { Lock, Queue, Semaphore } from "heddle";
import { Process, SharedHeap } from "heddle/workers";
import type { ProcessSubject } from "./subject.ts";

export function open(): ProcessSubject {
  const heap = SharedHeap.create(`bench-${process.pid}`, { sizeBytes: 2 ** 28 });
  heap.unlink();
  const lock = new Lock({ heap });
  return {
    enter(times) {
      for (let i = 0; i < times; i++) lock.acquireSync().release();
    },
    async pingPong(rounds) {
      const [there, back] = [new Semaphore(0, { heap }), new Semaphore(0, { heap })];
      const other = new Process(() => {
        for (let i = 0; i <= rounds; i++) {
          there.acquireSync();
          back.release();
        }
      }).start();
      const once = (): number => {
        const began = performance.now();
        there.release();
        back.acquireSync();
        return 1000 * (performance.now() - began);
      };
      once();
      const times = Array.from({ length: rounds }, once);
      await other.result;
      return times;
    },
    async haul(values) {
      const queue = new Queue<number>({ heap, maxSize: 10_000 });
      const [ready, done] = [new Semaphore(0, { heap }), new Semaphore(0, { heap })];
      const other = new Process(() => {
        ready.release();
        let sum = 0;
        for (const value of queue) sum += value;
        done.release();
        return sum;
      }).start();
      await ready.acquire();
      const began = performance.now();
      for (let i = 0; i < values; i++) queue.putSync(1);
      queue.shutdown();
      await done.acquire();
      const elapsedMs = performance.now() - began;
      return { count: await other.result, elapsedMs };
    },
    first: () => new Process(() => 1, { name: "first" }).start().result,
    async outlive() {
      const held = new Semaphore(0, { heap });
      const other = new Process(() => {
        lock.acquireSync();
        held.release();
        for (;;);
      }).start();
      void other.result.catch(() => {});
      await held.acquire();
      const began = performance.now();
      other.kill();
      lock.acquireSync().release();
      const elapsedMs = performance.now() - began;
      await other.join();
      return elapsedMs;
    },
    close: async () => heap.close(),
  };
}
