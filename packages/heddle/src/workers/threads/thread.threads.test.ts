/** Threads: started, joined, named, seen by all. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { MessageChannel, type MessagePort, threadId } from "node:worker_threads";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { PortabilityError } from "../../portable/index.ts";
import { Channel } from "../../queues/index.ts";
import { ContextVar } from "../../scopes/index.ts";
import { Event, Latch, Lock } from "../../sync/index.ts";
import { transfer } from "../../wire/index.ts";
import { currentThread, mainThread, Thread, type ThreadInfo, threads, ThreadStateError } from "../index.ts";

/** Runs until somebody lets it go. */
const held = (): { thread: Thread<void>; go: Event } => {
  const go = new Event();
  return { thread: new Thread(() => go.waitSync()), go };
};

const commOf = ({ nativeId }: ThreadInfo): string =>
  readFileSync(`/proc/self/task/${nativeId}/comm`, "utf8").trim();

describe("a Thread", () => {
  test("runs its function in a thread of its own, with its arguments and what it captures, and gives what that gave", async () => {
    const base = 40;
    const thread = new Thread((n: number, list: number[]) => [threadId, base + n, list.length], {
      args: [2, [1, 2, 3]],
    });
    const [id, sum, count] = await thread.start().result;
    assert.deepEqual([sum, count], [42, 3]);
    assert.equal(id, thread.id);
    assert.notEqual(id, threadId);
  });

  test("awaits what its function gives", async () => {
    const thread = new Thread(async () => {
      await new Promise((resolve) => void setTimeout(resolve, 1));
      return new Map([["key", new Set([1])]]);
    });
    assert.deepEqual(await thread.start().result, new Map([["key", new Set([1])]]));
  });

  test("takes arguments that only a port can carry, and gives such values", async () => {
    const { port1, port2 } = new MessageChannel();
    const bytes = new Uint8Array([1, 2, 3]);
    const body = (port: MessagePort, sent: Uint8Array): { port: MessagePort; bytes: Uint8Array } => {
      port.postMessage("hello");
      return { port: transfer(port), bytes: transfer(sent) };
    };
    const thread = new Thread(body, { args: [transfer(port2), transfer(bytes)] }).start();
    assert.equal(bytes.length, 0, "it was moved");
    const given = await thread.result;
    assert.deepEqual([...given.bytes], [1, 2, 3]);
    const answered = new Promise((resolve) => {
      port1.on("message", (message) => message === "again" && resolve(true));
    });
    given.port.postMessage("again");
    assert.ok(await answered);
    port1.close();
  });

  test("gives shared memory that it has made, though it has ended", async () => {
    const shared = await new Thread(() => new Int32Array(new SharedArrayBuffer(8)).fill(7)).start().result;
    assert.deepEqual([...shared], [7, 7]);
    assert.ok(shared.buffer instanceof SharedArrayBuffer);
  });

  test("is given shared memory that it has not heard of, however long that takes to come", async () => {
    const threads = Array.from({ length: 12 }, () => {
      const words = new Int32Array(new SharedArrayBuffer(4));
      const write = (shared: Int32Array): number => (shared[0] = 7);
      return { words, thread: new Thread(write, { args: [words] }).start() };
    });
    for (const { words, thread } of threads) {
      assert.equal(await thread.result, 7);
      assert.equal(words[0], 7);
    }
  });

  test("shares what is shared: locks, channels and the like are the same on both sides", async () => {
    const [lock, channel] = [new Lock(), new Channel<number>(3)];
    using _guard = lock.acquireSync();
    const thread = new Thread(() => {
      channel.trySend(1);
      return lock;
    }).start();
    assert.equal(await channel.receive(), 1);
    assert.equal(await thread.result, lock);
  });

  test("sees the context variables of whoever has started it", async () => {
    const user = new ContextVar("test.thread-user", "nobody");
    const thread = new Thread(() => new ContextVar("test.thread-user", "nobody").get());
    user.run("ann", () => thread.start());
    assert.equal(await thread.result, "ann");
  });

  test("lets its result be awaited before it is started", async () => {
    const thread = new Thread(() => 1);
    const { result } = thread;
    thread.start();
    assert.equal(await result, 1);
  });

  test("is joined by many at once, by those who come later, and with a limit on the time", async () => {
    const { thread, go } = held();
    thread.start();
    await assert.rejects(thread.join({ timeoutMs: 1 }), { name: "TimeoutError" });
    assert.throws(() => thread.joinSync({ timeoutMs: 1 }), { name: "TimeoutError" });
    await assert.rejects(thread.join({ signal: AbortSignal.abort("enough") }), (error) => error === "enough");
    assert.ok(thread.isAlive);
    const joins = [thread.join(), thread.join(), thread.join()];
    go.set();
    await Promise.all(joins);
    assert.ok(!thread.isAlive);
    await thread.join();
    thread.joinSync();
  });

  test("is joined by a thread that blocks, while it prints and starts threads itself", async () => {
    const done = new Latch(2);
    const thread = new Thread(() => {
      const inner = new Thread(() => {
        console.log("# printed by the inner thread");
        done.countDown();
      }).start();
      console.log("# printed by the outer thread");
      inner.joinSync();
      done.countDown();
    }).start();
    thread.joinSync();
    assert.equal(done.count, 0);
    await thread.result;
  });

  test("is waited for when it is disposed of", async () => {
    const done = new Event();
    {
      await using _never = new Thread(() => {});
      await using _thread = new Thread(() => done.set()).start();
    }
    assert.ok(done.isSet);
  });

  test("travels: others join it, ask for its result, and know that it is the same", async () => {
    const { thread, go } = held();
    const other = new Thread(async () => {
      await thread.join();
      await thread.result;
      return [thread.isAlive, threads().includes(thread), thread.name];
    });
    thread.start();
    other.start();
    go.set();
    assert.deepEqual(await other.result, [false, false, thread.name]);
    const elsewhere = await new Thread(() => thread).start().result;
    assert.equal(elsewhere, thread);
  });

  test("knows itself, and so do all who ask who is there", async () => {
    const { thread, go } = held();
    thread.name = "keeper";
    thread.start();
    const asked = new Thread(
      () => {
        const all = threads();
        return {
          self: currentThread().name,
          isSelf: all.includes(currentThread()),
          main: [mainThread().name, mainThread().id, mainThread().isAlive],
          names: all.map(({ name }) => name),
        };
      },
      { name: "asker" },
    ).start();
    const { self, isSelf, main, names } = await asked.result;
    assert.deepEqual([self, isSelf], ["asker", true]);
    assert.deepEqual(main, ["main", 0, true]);
    assert.ok(names.includes("main") && names.includes("keeper") && names.includes("asker"));
    assert.ok(threads().includes(thread));
    assert.equal(mainThread(), currentThread());
    go.set();
    await thread.join();
    assert.ok(!threads().includes(thread));
  });

  test("is not among the threads once it was joined, time and again", async () => {
    for (let i = 0; i < 5; i++) {
      const thread = new Thread(() => {}).start();
      assert.ok(threads().includes(thread));
      await thread.join();
      assert.ok(!threads().includes(thread));
    }
  });

  test("that a thread has started is known everywhere", async () => {
    const [ready, go] = [new Event(), new Event()];
    const outer = new Thread(
      () => {
        new Thread(
          () => {
            ready.set();
            go.waitSync();
          },
          { name: "innermost" },
        ).start();
      },
      { name: "outer" },
    ).start();
    await outer.join();
    await ready.wait();
    assert.ok(threads().some(({ name }) => name === "innermost"));
    assert.ok(!threads().some(({ name }) => name === "outer"));
    go.set();
  });

  test("stands beside the workers of pools, which are daemons with names", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "press" });
    const info = await pool.submit(() => {
      const { id, name, daemon } = currentThread();
      return { id, name, daemon };
    });
    assert.deepEqual({ ...info, id: 0 }, { id: 0, name: "press-1", daemon: true });
    const seen = threads().find(({ name }) => name === "press-1");
    assert.equal(seen?.id, info.id);
    await pool.shutdown();
    assert.ok(!threads().some(({ name }) => name === "press-1"));
  });
});

describe("the name of a Thread", () => {
  test("is its own, or tells a number and its function", () => {
    assert.equal(new Thread(() => {}, { name: "reader" }).name, "reader");
    assert.match(new Thread(function work() {}).name, /^Thread-\d+ \(work\)$/);
    assert.match(new Thread(() => {}, { name: "" }).name, /^Thread-\d+$/);
    const [one, two] = [new Thread(() => {}), new Thread(() => {})].map(({ name }) => Number(name.slice(7)));
    assert.ok(one! < two!);
  });

  test("is known to the operating system, and changes when it does", async () => {
    const { thread, go } = held();
    const ready = new Event();
    const asked = new Thread(
      () => {
        ready.set();
        go.waitSync();
        return currentThread().name;
      },
      { name: "name-to-see" },
    ).start();
    await ready.wait();
    assert.equal(commOf(asked), "name-to-see");
    asked.name = "another";
    assert.equal(commOf(asked), "another");
    go.set();
    assert.equal(await asked.result, "another");
    assert.ok(!thread.isAlive);
  });

  test("is in the stack of its error, with the place where it was started", async () => {
    const thread = new Thread(
      function failing() {
        throw new Error("torn");
      },
      { name: "weaver" },
    ).start();
    const error = (await thread.result.catch((thrown: unknown) => thrown)) as Error;
    assert.match(error.stack!, /failing[^]*--- thread "weaver", started ---[^]*thread\.threads\.test\.ts/);
  });

  test("can be read by many while others change it", async () => {
    const { thread, go } = held();
    thread.start();
    const names = ["a", "b".repeat(100), "ç".repeat(50)];
    const renamer = new Thread(() => {
      for (let i = 0; i < 300; i++) thread.name = names[i % 3]!;
    }).start();
    while (renamer.isAlive)
      assert.ok([...names, thread.name].includes(threads().find(({ id }) => id === thread.id)!.name));
    go.set();
    await renamer.join();
    await thread.join();
  });
});

describe("a Thread refuses", () => {
  test("to be started twice", async () => {
    const thread = new Thread(() => {}).start();
    assert.throws(() => thread.start(), { name: "ThreadStateError", code: "ERR_HEDDLE_THREAD_STATE" });
    await thread.join();
    assert.throws(() => thread.start(), ThreadStateError);
  });

  test("to be joined, interrupted or terminated before it is started", async () => {
    const thread = new Thread(() => {});
    await assert.rejects(thread.join(), ThreadStateError);
    assert.throws(() => thread.joinSync(), ThreadStateError);
    assert.throws(() => thread.interrupt(), ThreadStateError);
    await assert.rejects(thread.terminate(), ThreadStateError);
    assert.equal(thread.id, -1);
    assert.equal(thread.nativeId, undefined);
    assert.ok(!thread.isAlive);
  });

  test("to wait for itself", async () => {
    const threadOf = new Channel<Thread>(1);
    const thread = new Thread(async () => {
      const self = await threadOf.receive();
      const seen: string[] = [];
      for (const wait of [
        () => self.join(),
        async () => self.joinSync(),
        () => self[Symbol.asyncDispose](),
      ]) {
        try {
          await wait();
        } catch (error) {
          seen.push((error as Error).name);
        }
      }
      return seen;
    }).start();
    await threadOf.send(thread);
    assert.deepEqual(await thread.result, ["ThreadStateError", "ThreadStateError", "ThreadStateError"]);
  });

  test("to become a daemon once it was started", async () => {
    const thread = new Thread(() => {}, { daemon: true });
    assert.ok(thread.daemon);
    thread.daemon = false;
    assert.ok(!thread.daemon);
    thread.start();
    assert.throws(() => (thread.daemon = true), ThreadStateError);
    await thread.join();
    assert.throws(() => (thread.daemon = true), ThreadStateError);
  });

  test("to be started by another thread than its maker", async () => {
    const thread = new Thread(() => {});
    const error = await new Thread(() => void thread.start()).start().result.catch((thrown: Error) => thrown);
    assert.match((error as Error).message, /only the thread that has made it/);
  });

  test("what cannot travel, and stays as it was", async () => {
    let count = 0;
    const assigns = new Thread(() => void count++);
    assert.throws(() => assigns.start(), PortabilityError);
    assert.throws(() => assigns.start(), PortabilityError, "it was not started");
    const thread = new Thread((_map: object) => 1, { args: [new WeakMap()] });
    assert.throws(() => thread.start(), { name: "WireError", path: "args[0]" });
    assert.ok(!thread.isAlive);
    assert.ok(!threads().includes(thread));
    const variable = new ContextVar<unknown>("test.thread-not");
    assert.throws(() => variable.run(new WeakMap(), () => new Thread(() => {}).start()), /"test.thread-not"/);
  });

  test("what is no function, no option and no name", () => {
    assert.throws(() => new Thread(3 as never), TypeError);
    assert.throws(() => new Thread(() => {}, null as never), TypeError);
    assert.throws(() => new Thread(() => {}, { args: 3 as never }), TypeError);
    assert.throws(() => new Thread(() => {}, { name: 3 as never }), TypeError);
    assert.throws(() => new Thread(() => {}, { daemon: 1 as never }), TypeError);
    assert.throws(() => new Thread(() => {}, { resourceLimits: 1 as never }), TypeError);
    assert.throws(
      () => new Thread(() => {}, { deamon: true } as never),
      /the option deamon of a Thread: write daemon/,
    );
    const thread = new Thread(() => {});
    assert.throws(() => (thread.name = 3 as never), TypeError);
    assert.throws(() => (thread.daemon = 3 as never), TypeError);
  });

  test("to interrupt or terminate what it is not", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "not-a-thread" });
    await pool.submit(() => {});
    const worker = threads().find(({ name }) => name === "not-a-thread-1") as Thread;
    assert.throws(() => worker.interrupt(), ThreadStateError);
    await assert.rejects((mainThread() as Thread).terminate(), ThreadStateError);
  });
});
