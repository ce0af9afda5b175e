import { Lock, RLock, Semaphore, Condition, Event, Barrier, Latch, Once, ReadWriteLock } from "heddle/sync";
import { Queue, LifoQueue, PriorityQueue, Channel } from "heddle/queues";
const uses = [
  () => {
    const l = new Lock();
    l.acquireSync().release();
  },
  () => {
    const l = new RLock();
    const g = l.acquireSync();
    l.acquireSync().release();
    g.release();
  },
  () => {
    const s = new Semaphore(2);
    s.acquireSync().release();
  },
  () => {
    const c = new Condition(new Lock());
    const g = c.acquireSync();
    c.notify();
    g.release();
  },
  () => {
    const e = new Event();
    e.set();
    e.waitSync();
  },
  () => {
    new Barrier(1).waitSync();
  },
  () => {
    const l = new Latch(1);
    l.countDown();
    l.waitSync();
  },
  () => {
    new Once().runSync(() => ({ a: 1 }));
  },
  () => {
    const l = new ReadWriteLock();
    l.acquireReadSync().release();
    l.acquireWriteSync().release();
  },
  () => {
    const q = new Queue();
    q.putSync({ a: "item" });
    q.putSync(1);
    q.getSync();
  },
  () => {
    const q = new LifoQueue();
    q.putSync(1);
    q.putSync({ b: 2 });
    q.getSync();
  },
  () => {
    const q = new PriorityQueue();
    q.putSync(1);
    q.putSync({ c: 3 });
    q.getSync();
  },
  () => {
    const c = new Channel(2);
    c.sendSync({ d: 4 });
    c.sendSync(5);
    c.receiveSync();
  },
  () => {
    const c = new Channel(2);
    c.sendSync(new Lock());
    c.close();
  },
];
const N = Number(process.argv[2]);
const t0 = performance.now();
const mem = () => {
  const m = process.memoryUsage();
  return {
    rss: m.rss >> 20,
    heap: m.heapUsed >> 20,
    shared: m.arrayBuffers >> 20,
    external: m.external >> 20,
  };
};
const settle = async () => {
  for (let i = 0; i < 6; i++) {
    globalThis.gc();
    await new Promise((r) => setTimeout(r, 20));
  }
};
for (let i = 0; i < 50000; i++) {
  uses[i % uses.length]();
  if (i % 2000 === 0) await new Promise(setImmediate);
}
await settle();
console.log("after 50,000", JSON.stringify(mem()));
let next = N / 5;
for (let i = 0; i < N; i++) {
  uses[i % uses.length]();
  if (i % 2000 === 0) await new Promise(setImmediate);
  if (i >= next) {
    console.log(i, Math.round((performance.now() - t0) / 1000) + "s", JSON.stringify(mem()));
    next += N / 5;
  }
}
await settle();
console.log("after", N, Math.round((performance.now() - t0) / 1000) + "s", JSON.stringify(mem()));
