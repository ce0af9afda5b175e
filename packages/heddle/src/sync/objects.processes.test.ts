/** Objects in a {@link SharedHeap} between processes that know nothing of each other but its name. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { heapFor, keepOpen, program } from "../heap/fixtures/processes.ts";
import { until } from "../heap/fixtures/until.ts";
import { Barrier, Condition, Event, Lock, ReadWriteLock, RLock, Semaphore } from "./index.ts";
import { Queue } from "../queues/index.ts";

const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** What every program begins with. Its first argument is the name of the heap. */
const HEAD = `
  import { createInterface } from "node:readline";
  import { SharedHeap } from ${from("../heap/index.ts")};
  import * as sync from ${from("./index.ts")};
  import * as queues from ${from("../queues/index.ts")};
  const heap = SharedHeap.open(process.argv[1]);
  const shared = (name) => ({ heap, name });
  const say = (line) => process.stdout.write(line + "\\n");
  const forEver = () => setInterval(() => {}, 2 ** 30);
`;

describe("an object of a shared heap", () => {
  test("is found by its name in another process, and is the same", async (context) => {
    const heap = heapFor(context);
    const event = new Event({ heap, name: "ready" });
    const queue = new Queue<unknown>({ heap, name: "answers", maxSize: 3 });
    const { ended } = program(
      context,
      `${HEAD}
      const queue = new queues.Queue(shared("answers"));
      await new sync.Event(shared("ready")).wait();
      await queue.put([queue.name, queue.maxSize, process.pid]);`,
      heap.name,
    );
    event.set();
    const [name, maxSize, pid] = (await queue.get()) as unknown[];
    assert.deepEqual([name, maxSize], ["answers", 3]);
    assert.notEqual(pid, process.pid);
    assert.deepEqual(await ended, { code: 0, signal: null });
  });

  test("is one, however many processes make it at once", async (context) => {
    const heap = heapFor(context);
    const go = new Event({ heap, name: "go" });
    const programs = Array.from({ length: 3 }, () =>
      program(
        context,
        `${HEAD}
        const go = new sync.Event(shared("go"));
        say("here");
        go.waitSync();
        for (let i = 0; i < 50; i++) new sync.Semaphore(0, shared("s" + i)).release();`,
        heap.name,
      ),
    );
    for (const each of programs) await each.line();
    go.set();
    for (const each of programs) assert.deepEqual(await each.ended, { code: 0, signal: null });
    for (let i = 0; i < 50; i++) assert.equal(new Semaphore(9, { heap, name: `s${i}` }).available, 3);
  });

  test("is refused to who takes it for another kind of object", (context) => {
    const heap = heapFor(context);
    assert.equal(new Lock({ heap, name: "a" }).name, "a");
    assert.throws(() => new Event({ heap, name: "a" }), {
      name: "TypeError",
      message: /Cannot make a Event called "a" in shared heap ".*": it holds a Lock of that name/,
    });
  });

  test("stays when all who had it have left", async (context) => {
    const heap = heapFor(context);
    const { ended } = program(
      context,
      `${HEAD} new queues.Queue(shared("jobs")).putSync({ left: "behind" }); heap.close();`,
      heap.name,
    );
    await ended;
    assert.deepEqual(new Queue({ heap, name: "jobs" }).getSync(), { left: "behind" });
  });

  test("travels: in a queue of its heap, of another heap, and to a thread", async (context) => {
    const heap = heapFor(context);
    const [lock, inner] = [new Lock({ heap, name: "lock" }), new Queue({ heap })];
    const mail = new Queue<unknown>({ heap, name: "mail" });
    const { line } = program(
      context,
      `${HEAD}
      const [lock, inner] = await new queues.Queue(shared("mail")).get();
      lock.acquireSync();
      inner.putSync(lock === new queues.Queue(shared("mail")) ? 1 : 2);
      say("done");
      forEver();`,
      heap.name,
    );
    mail.putSync([lock, inner]);
    await line();
    assert.equal(lock.locked, true);
    assert.equal(inner.getSync(), 2);

    const local = new Queue<unknown>();
    local.putSync([lock, heap]);
    const [again, sameHeap] = local.getSync() as unknown[];
    assert.equal(again, lock);
    assert.equal(sameHeap, heap);
  });

  test("is not sent what other processes cannot have", (context) => {
    const heap = heapFor(context);
    const queue = new Queue<unknown>({ heap });
    assert.throws(
      () => queue.putSync(new Lock()),
      /Cannot send item into queue "Queue-\d+": it is .*Lock.*, which lives in this process/,
    );
    assert.throws(
      () => queue.putSync(new SharedArrayBuffer(8)),
      /SharedArrayBuffer, which lives in this process/,
    );
    assert.throws(() => queue.putSync(new MessageChannel().port1), /which lives in this process/);
    assert.equal(queue.size, 0);
  });

  test("carries functions, with what they capture", async (context) => {
    const heap = heapFor(context);
    const work = new Queue<(n: number) => number>({ heap, name: "work" });
    const answers = new Queue<number>({ heap, name: "answers" });
    program(
      context,
      `${HEAD}
      const answers = new queues.Queue(shared("answers"));
      for await (const work of new queues.Queue(shared("work"))) answers.putSync(work(5));`,
      heap.name,
    );
    const table = [1, 2, 3];
    for (const factor of [2, 3]) await work.put((n) => n * factor + table.length);
    assert.deepEqual([await answers.get(), await answers.get()], [13, 18]);
    work.shutdown();
  });
});

describe("a barrier that another process finds by its name", () => {
  test("calls its action there, if that one comes last", async (context) => {
    const heap = heapFor(context);
    const suffix = "in";
    const barrier = new Barrier(2, {
      heap,
      name: "barrier",
      action: () => void process.stdout.write(`acts ${suffix} ${process.pid}\n`),
    });
    const waiting = barrier.wait();
    const { line, child } = program(
      context,
      `${HEAD} await new sync.Barrier(2, shared("barrier")).wait();`,
      heap.name,
    );
    assert.equal(await line(), `acts in ${child.pid}`);
    assert.equal(await waiting, 0);
  });

  test("is not made if its action cannot travel", (context) => {
    const heap = heapFor(context);
    const channel = new MessageChannel();
    const action = (): void => channel.port1.postMessage("all are here");
    assert.throws(() => new Barrier(2, { heap, name: "barrier", action }), { name: "PortabilityError" });
    assert.equal(new Barrier(3, { heap, name: "barrier" }).parties, 3);
    channel.port1.close();
  });
});

describe("a process that is killed", () => {
  const HOLDER = `${HEAD}
    const held = [new sync.Lock(shared("lock")), new sync.RLock(shared("rlock"))];
    for (const lock of held) lock.acquireSync();
    say("held");
    forEver();`;

  test("passes its locks on to those who wait, with and without blocking, as abandoned", async (context) => {
    const heap = heapFor(context);
    const locks = [new Lock({ heap, name: "lock" }), new RLock({ heap, name: "rlock" })];
    for (const blocks of [false, true]) {
      const { child, line, ended } = program(context, HOLDER, heap.name);
      await line();
      for (const lock of locks) {
        const holder = { name: `process-${child.pid}`, threadId: undefined, processId: child.pid };
        assert.deepEqual(lock.statistics().holder, holder);
      }
      const waiting = locks.map((lock) => (blocks ? undefined : lock.acquire()));
      child.kill("SIGKILL");
      for (const [i, lock] of locks.entries()) {
        const guard = blocks ? lock.acquireSync() : await waiting[i]!;
        assert.equal(guard.abandoned, true);
        guard.release();
        assert.equal(lock.locked, false);
      }
      assert.equal((await ended).signal, "SIGKILL");
    }
  });

  for (const [how, end] of [
    ["kill", "forEver();"],
    ["exit", 'await new sync.Event(shared("go")).wait(); process.exit(3);'],
  ]) {
    test(`gives back the permits that it had, and no longer reads, after ${how}`, async (context) => {
      const heap = heapFor(context);
      const semaphore = new Semaphore(2, { heap, name: "permits" });
      const lock = new ReadWriteLock({ heap, name: "book" });
      const { child, line } = program(
        context,
        `${HEAD}
        const guards = [new sync.Semaphore(2, shared("permits")).acquireSync({ permits: 2 })];
        guards.push(new sync.ReadWriteLock(shared("book")).acquireReadSync());
        say("held");
        ${end}`,
        heap.name,
      );
      await line();
      assert.deepEqual([semaphore.available, lock.readers], [0, 1]);
      const waiting = [semaphore.acquire({ permits: 2 }), lock.acquireWrite()];
      if (how === "kill") child.kill("SIGKILL");
      else new Event({ heap, name: "go" }).set();
      for (const guard of await Promise.all(waiting)) guard.release();
      assert.deepEqual([semaphore.available, lock.readers], [2, 0]);
    });
  }

  test("passes a lock on to who tries it later, as abandoned", async (context) => {
    const heap = heapFor(context);
    const { child, line, ended } = program(context, HOLDER, heap.name);
    await line();
    child.kill("SIGKILL");
    await ended;
    const lock = new Lock({ heap, name: "lock" });
    await until(() => !lock.locked || lock.statistics().waiters === 0);
    const guard = lock.acquireSync();
    assert.equal(guard.abandoned, true);
    guard.release();
    assert.equal(lock.acquireSync().abandoned, false);
  });

  test("leaves no hole in a line", async (context) => {
    const heap = heapFor(context);
    const lock = new Lock({ heap, name: "lock" });
    const order = new Queue<number>({ heap, name: "order" });
    const guard = lock.acquireSync();
    const waiters = [];
    for (let i = 0; i < 3; i++) {
      waiters.push(
        program(
          context,
          `${HEAD}
          using _guard = new sync.Lock(shared("lock")).acquireSync();
          new queues.Queue(shared("order")).putSync(${i});`,
          heap.name,
        ),
      );
      await until(() => lock.statistics().waiters === i + 1);
    }
    waiters[1]!.child.kill("SIGKILL");
    await until(() => lock.statistics().waiters === 2);
    guard.release();
    assert.deepEqual([await order.get(), await order.get()], [0, 2]);
    assert.equal(lock.acquireSync({ timeoutMs: 20_000 }).held, true);
  });

  test("while it waits at a condition leaves the lock to the others", async (context) => {
    const heap = heapFor(context);
    const condition = new Condition(new Lock({ heap, name: "lock" }), { heap, name: "condition" });
    const { child, ended } = program(
      context,
      `${HEAD}
      const condition = new sync.Condition(undefined, shared("condition"));
      condition.acquireSync();
      condition.waitSync();`,
      heap.name,
    );
    await until(() => condition.statistics().waiters === 1);
    child.kill("SIGKILL");
    await ended;
    await until(() => condition.statistics().waiters === 0);
    using _guard = condition.acquireSync({ timeoutMs: 20_000 });
    condition.notifyAll();
  });

  test("is settled by whoever opens the heap next, if nobody else is there", async (context) => {
    const heap = heapFor(context);
    const { child, line, ended } = program(context, HOLDER, heap.name);
    await line();
    keepOpen(context, heap.name);
    heap.close();
    child.kill("SIGKILL");
    await ended;
    const { line: said } = program(
      context,
      `${HEAD} say(String(new sync.Lock(shared("lock")).acquireSync().abandoned));`,
      heap.name,
    );
    assert.equal(await said(), "true");
  });
});

describe("a worker that is terminated in another process", () => {
  test("passes its lock on, to those who wait there and here", async (context) => {
    const heap = heapFor(context);
    const lock = new Lock({ heap, name: "lock" });
    const { line, tell } = program(
      context,
      `${HEAD}
      import { Worker } from "node:worker_threads";
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(\`
        import { SharedHeap } from ${from("../heap/index.ts")};
        import { Lock } from ${from("./index.ts")};
        new Lock({ heap: SharedHeap.open("\${process.argv[1]}"), name: "lock" }).acquireSync();
        setInterval(() => {}, 1000);
      \`)));
      const lock = new sync.Lock(shared("lock"));
      while (!lock.locked) await new Promise(setImmediate);
      say("held");
      for await (const _ of createInterface({ input: process.stdin })) { await worker.terminate(); say("gone"); }`,
      heap.name,
    );
    await line();
    const waiting = lock.acquire();
    tell("terminate");
    const guard = await waiting;
    assert.equal(guard.abandoned, true);
    guard.release();
    assert.equal(await line(), "gone");
  });

  test("may be blocked in a wait", async (context) => {
    const heap = heapFor(context);
    const worker = new Worker(
      new URL(
        `data:text/javascript,${encodeURIComponent(`
          import { SharedHeap } from ${from("../heap/index.ts")};
          import { Event } from ${from("./index.ts")};
          new Event({ heap: SharedHeap.open(${JSON.stringify(heap.name)}), name: "never" }).waitSync();`)}`,
      ),
    );
    const never = new Event({ heap, name: "never" });
    await until(() => never.statistics().waiters === 1);
    await worker.terminate();
    await until(() => never.statistics().waiters === 0);
  });
});
