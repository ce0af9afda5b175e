/** {@link SharedHeap} in one process: what it promises of names, sizes, files and their ends. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { describe, type TestContext, test } from "node:test";
import { freshName, heapFor, program } from "./fixtures/processes.ts";
import { until } from "./fixtures/until.ts";
import { HeapFullError, SharedHeap, SharedHeapError } from "./index.ts";
import { PAGE_HEADER_BYTES } from "./layout.ts";

const MODULE = new URL("index.ts", import.meta.url).href;
const fileOf = (name: string): string => `/dev/shm/heddle-${name}`;

/** A file of that name, until the test is over. */
function fileFor(context: TestContext, content: string | Buffer): string {
  const name = freshName();
  writeFileSync(fileOf(name), content, { mode: 0o600 });
  context.after(() => unlinkSync(fileOf(name)));
  return name;
}

/** Runs a text as a module in a process of its own, which must end well. */
function run(text: string): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, "--input-type=module", "-e", text],
    {
      encoding: "utf8",
    },
  );
  assert.equal(status, 0, stderr);
}

test("SharedHeap is not made by new, and says how it is", () => {
  const Made = SharedHeap as unknown as new (name: string) => SharedHeap;
  assert.throws(
    () => new Made("loom"),
    /^TypeError: .* by new: call SharedHeap.create\(\) or SharedHeap.open\(\)/,
  );
});

describe("SharedHeap.create()", () => {
  test("makes a file that only this user may open", (context) => {
    const heap = heapFor(context);
    assert.equal(statSync(fileOf(heap.name)).mode & 0o777, 0o600);
  });

  test("says so where no file can be made, as in a container without /dev/shm", (context) => {
    const elsewhere = (command: string): ReturnType<typeof spawnSync> =>
      spawnSync("unshare", ["--mount", "sh", "-c", `mount -t tmpfs -o ro tmpfs /dev/shm && ${command}`], {
        encoding: "utf8",
      });
    if (elsewhere("true").status !== 0) return context.skip("no mount of its own may be made here");
    const text = `
      import { SharedHeap } from "${MODULE}";
      for (const make of [() => SharedHeap.create("loom", { sizeBytes: 2 ** 20 }), () => SharedHeap.createNameless(2 ** 20)])
        try { make(); } catch (error) { console.log(error.name + ": " + error.message); }`;
    const flags = [...process.execArgv, "--input-type=module"].join(" ");
    const { stdout, stderr } = elsewhere(`exec ${process.execPath} ${flags} -e '${text}'`);
    assert.match(
      String(stdout),
      /^(SharedHeapError: Cannot create .*: no file can be made in \/dev\/shm \(EROFS: .*\)\n){2}$/,
      String(stderr),
    );
  });

  test("refuses a name that is taken", (context) => {
    const heap = heapFor(context);
    assert.throws(() => SharedHeap.create(heap.name, { sizeBytes: 2 ** 20 }), {
      name: "SharedHeapError",
      code: "ERR_HEDDLE_SHARED_HEAP",
      message: /there is one of that name/,
    });
  });

  test("refuses names that no file can have", () => {
    for (const name of ["", "a/b", "a\0b", "a~b", "x".repeat(221)]) {
      assert.throws(() => SharedHeap.create(name, { sizeBytes: 2 ** 20 }), RangeError, JSON.stringify(name));
    }
    assert.throws(() => SharedHeap.create(7 as never, { sizeBytes: 2 ** 20 }), TypeError);
  });

  test("refuses sizes that no heap can have", () => {
    for (const sizeBytes of [0, -1, 1.5, NaN, Infinity, 2 ** 32 + 1]) {
      assert.throws(() => SharedHeap.create(freshName(), { sizeBytes }), RangeError, String(sizeBytes));
    }
    assert.throws(() => SharedHeap.create(freshName(), { sizeBytes: "1" as never }), TypeError);
    assert.throws(() => SharedHeap.create(freshName(), undefined as never), TypeError);
  });

  test("leaves no file behind when it fails", (context) => {
    const heap = heapFor(context);
    assert.throws(() => SharedHeap.create(heap.name, { sizeBytes: 2 ** 20 }), SharedHeapError);
    const left = readdirSync("/dev/shm").filter((file) => file.includes(`${heap.name}~`));
    assert.deepEqual(left, []);
  });

  test("takes the place of a heap that its last process has left by dying", (context) => {
    const name = freshName();
    const { signal } = spawnSync(process.execPath, [
      ...process.execArgv,
      "--input-type=module",
      "-e",
      `import { SharedHeap } from ${JSON.stringify(MODULE)};
      SharedHeap.create(${JSON.stringify(name)}, { sizeBytes: 2 ** 20 });
      process.kill(process.pid, "SIGKILL");`,
    ]);
    assert.equal(signal, "SIGKILL");
    // Whatever is made next, here or by another test, clears away what nobody has open and nobody has closed.
    heapFor(context);
    assert.equal(existsSync(fileOf(name)), false);
  });

  test("leaves alone what a process has closed, or left by ending as usual", (context) => {
    const name = freshName();
    for (const end of ["heap.close()", "heap.allocate(16)"]) {
      run(`import { SharedHeap } from ${JSON.stringify(MODULE)};
      const heap = SharedHeap.create(${JSON.stringify(name)}, { sizeBytes: 2 ** 20 });
      ${end};`);
      heapFor(context);
      const heap = SharedHeap.open(name);
      heap.unlink();
      heap.close();
    }
  });
});

describe("a machine on which processes cannot share memory", () => {
  const tells = (before: string, what: string): void =>
    run(`${before}
      const { SharedHeap } = await import(${JSON.stringify(MODULE)});
      try {
        SharedHeap.create(${JSON.stringify(freshName())}, { sizeBytes: 2 ** 20 });
      } catch (error) {
        if (error.name !== "SharedHeapError" || !error.message.includes(${JSON.stringify(what)})) throw error;
        process.exit();
      }
      throw new Error("it was made");`);

  test("says what to install, when that is all that it lacks", () => {
    tells(
      `import { registerHooks } from "node:module";
      registerHooks({
        resolve(specifier, context, next) {
          if (specifier === "koffi") throw new Error("Cannot find module 'koffi'");
          return next(specifier, context);
        },
      });`,
      "run: npm install koffi@",
    );
  });

  test("says that it is another system", () => {
    tells(`Object.defineProperty(process, "platform", { value: "darwin" });`, "this is darwin on ");
  });
});

describe("SharedHeap.open()", () => {
  test("refuses a name that nobody has made", () => {
    assert.throws(() => SharedHeap.open(freshName()), {
      name: "SharedHeapError",
      message: /none of that name/,
    });
  });

  test("refuses files that are no heaps", (context) => {
    for (const content of ["", "short", Buffer.alloc(2 ** 20), Buffer.alloc(2 ** 20, 7)]) {
      assert.throws(() => SharedHeap.open(fileFor(context, content)), /is no shared heap/);
    }
  });

  test("refuses a file that was cut short", (context) => {
    const heap = heapFor(context);
    heap.close();
    truncateSync(fileOf(heap.name), 2 ** 20);
    assert.throws(() => SharedHeap.open(heap.name), /has 1048576 bytes, and should have 16777216/);
  });

  test("refuses a heap of another version of the layout", (context) => {
    const header = Buffer.alloc(2 ** 20);
    header.writeInt32LE(0x50444548, 0);
    header.writeInt32LE(77, 4);
    assert.throws(() => SharedHeap.open(fileFor(context, header)), /layout version 77/);
  });

  test("does not follow a link", (context) => {
    const heap = heapFor(context);
    const name = freshName();
    symlinkSync(fileOf(heap.name), fileOf(name));
    context.after(() => unlinkSync(fileOf(name)));
    assert.throws(() => SharedHeap.open(name), SharedHeapError);
  });

  test("gives the same object in a thread that has joined it", (context) => {
    const heap = heapFor(context);
    assert.equal(SharedHeap.open(heap.name), heap);
  });
});

describe("SharedHeap.waitAsync()", () => {
  test("waits for any number of words at once, and hears of each that another process changes", async (context) => {
    const heap = heapFor(context);
    const words = Array.from({ length: 30 }, () => heap.allocate(4));
    for (const word of words) heap.store(word, 0);
    const waits = words.map((word) => heap.waitAsync(word, 0));
    const { tell, ended } = program(
      context,
      `
      import { createInterface } from "node:readline";
      import { SharedHeap } from ${JSON.stringify(MODULE)};
      const [name, words] = process.argv.slice(1);
      const heap = SharedHeap.open(name);
      for await (const line of createInterface({ input: process.stdin })) {
        if (line === "end") process.exit();
        const word = JSON.parse(words)[Number(line)];
        heap.store(word, 1);
        heap.notify(word);
      }`,
      heap.name,
      JSON.stringify(words),
    );
    for (const i of [29, 0, 15, 6, 5, 28]) {
      tell(String(i));
      assert.equal(await waits[i], "ok");
    }
    for (const [i, word] of words.entries()) if (heap.load(word) === 0) tell(String(i));
    for (const wait of waits) assert.equal(await wait, "ok");
    tell("end");
    await ended;
  });
});

describe("SharedHeap.unlink()", () => {
  test("takes the name away, and leaves the heap to those who have it", (context) => {
    const heap = SharedHeap.create(freshName(), { sizeBytes: 2 ** 20 });
    context.after(() => heap.close());
    heap.unlink();
    assert.throws(() => SharedHeap.open(heap.name), SharedHeapError);
    assert.throws(() => heap.unlink(), SharedHeapError);
    const block = heap.allocate(16);
    heap.store(block, 5);
    assert.equal(heap.load(block), 5);
  });

  test("makes room for another heap of that name, and neither is taken for the other", (context) => {
    const first = SharedHeap.create(freshName(), { sizeBytes: 2 ** 20 });
    const { locator } = first;
    first.unlink();
    const second = SharedHeap.create(first.name, { sizeBytes: 2 ** 20 });
    context.after(() => {
      second.unlink();
      second.close();
    });
    assert.equal(SharedHeap.at(locator), first);
    first.close();
    assert.throws(
      () => SharedHeap.at(locator),
      /its name has been taken away, and who has sent it has left it/,
    );
    assert.equal(SharedHeap.at(second.locator), second);
  });
});

describe("SharedHeap.close()", () => {
  test("ends every use of the heap, and of what was seen of it", (context) => {
    const heap = heapFor(context);
    const { bytes } = heap;
    heap.close();
    heap.close();
    assert.equal(bytes.length, 0);
    for (const use of [
      () => heap.load(64),
      () => heap.allocate(8),
      () => heap.bytesTo(8),
      () => heap.notify(64),
    ]) {
      assert.throws(use, { name: "SharedHeapError", message: /this thread has closed it/ });
    }
  });

  test("leaves no descriptor open, and no mapping", () => {
    const countOf = (): number => readdirSync("/proc/self/fd").length;
    const before = countOf();
    for (let i = 0; i < 20; i++) {
      const heap = SharedHeap.create(freshName(), { sizeBytes: 2 ** 30 });
      heap.unlink();
      heap.close();
    }
    assert.ok(countOf() <= before + 1);
  });

  test("gives the seat, and the memory of the thread, to the next", (context) => {
    const heap = heapFor(context);
    const { seat, identity } = heap;
    heap.close();
    const again = SharedHeap.open(heap.name);
    assert.equal(again.seat, seat);
    assert.notEqual(again.identity, identity);
  });
});

describe("the memory of a shared heap", () => {
  test("grows up to its size, is full then, and goes on when something is given back", (context) => {
    const heap = heapFor(context, 2 ** 22);
    const blocks: number[] = [];
    assert.throws(() => {
      for (;;) blocks.push(heap.allocate(2 ** 16));
    }, HeapFullError);
    assert.ok(blocks.length > 20);
    for (const block of blocks) heap.free(block);
    heap.free(heap.allocate(2 ** 16));
  });

  test("is taken from the machine only as it is needed", (context) => {
    const heap = heapFor(context, 2 ** 32);
    assert.equal(statSync(fileOf(heap.name)).size, 2 ** 32);
    assert.ok(statSync(fileOf(heap.name)).blocks * 512 < 2 ** 20);
  });

  test("is the same bytes beyond 2 GiB", (context) => {
    const heap = heapFor(context, 2 ** 32);
    const blocks = [heap.allocate(2 ** 31 - PAGE_HEADER_BYTES), heap.allocate(2 ** 20)];
    const high = blocks.find((block) => block > 2 ** 31)!;
    heap.store(high, -5);
    assert.equal(heap.load(high), -5);
    assert.equal(heap.wait(high, 0), "not-equal");
    assert.equal(heap.notify(high), 0);
  });
});

describe("a wait in a shared heap", () => {
  test("does not begin when the word differs", (context) => {
    const heap = heapFor(context);
    const word = heap.allocate(16);
    heap.store(word, 3);
    assert.equal(heap.wait(word, 4), "not-equal");
    assert.equal(heap.waitAsync(word, 4), "not-equal");
  });

  test("runs out of time, blocking or not", async (context) => {
    const heap = heapFor(context);
    const word = heap.allocate(16);
    heap.store(word, 3);
    for (const timeoutMs of [0, 5, 120]) {
      assert.equal(heap.wait(word, 3, timeoutMs), "timed-out");
      const waiting = heap.waitAsync(word, 3, timeoutMs);
      const keepsAlive = setInterval(() => {}, 1000);
      assert.equal(await waiting, "timed-out");
      clearInterval(keepsAlive);
    }
  });

  test("ends by a notify of its own thread", async (context) => {
    const heap = heapFor(context);
    const word = heap.allocate(16);
    heap.store(word, 3);
    const waiting = heap.waitAsync(word, 3);
    heap.store(word, 4);
    assert.equal(heap.notify(word), 1);
    assert.equal(await waiting, "ok");
    assert.equal(heap.notify(word), 0);
  });

  test("ends by a notify of its own thread, whatever the word holds", async (context) => {
    const heap = heapFor(context);
    const word = heap.allocate(16);
    heap.store(word, 3);
    for (let i = 0; i < 20; i++) {
      const waiting = heap.waitAsync(word, 3);
      assert.equal(heap.notify(word), 1);
      assert.equal(await waiting, "ok");
    }
  });

  test("does not keep a program alive", () => {
    run(`import { SharedHeap } from ${JSON.stringify(MODULE)};
      const heap = SharedHeap.create(${JSON.stringify(freshName())}, { sizeBytes: 2 ** 20 });
      heap.unlink();
      heap.waitAsync(heap.allocate(16), 0);`);
  });
});

describe("a thread in a shared heap", () => {
  test("does not leave its core while all have something to do", async (context) => {
    const heap = heapFor(context);
    const cores = availableParallelism();
    for (let i = 0; i < cores; i++) {
      const busy = spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore" });
      context.after(() => busy.kill("SIGKILL"));
    }
    await until(() => Number(/(\d+)\//.exec(readFileSync("/proc/loadavg", "latin1"))![1]) > cores);
    assert.equal(heap.leaveCore(), false);
  });
});
