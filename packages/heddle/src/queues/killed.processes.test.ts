/** Processes that are killed while they use objects of a shared heap: what they leave behind is in order. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { buildSync } from "esbuild";
import { heapFor } from "../heap/fixtures/processes.ts";
import { Event } from "../sync/index.ts";
import {
  BEGUN,
  DONE,
  enter,
  GOT,
  numbersFrom,
  objectsIn,
  PERMITS,
  type Way,
  WORDS_BYTES,
  WRONG,
} from "./fixtures/victim.ts";

/** `npm run soak -- kills` has thousands. */
const KILLS = Number(process.env["HEDDLE_KILLS"] ?? 25);
const SEED = Number(process.env["HEDDLE_SEED"] ?? 1);
/** So many are there before they are needed. */
const READY = 3;
/** The longest that one lives after it was let go. */
const LIFE_MS = 4;
/** Far longer than it takes until others have what one had who died. */
const PATIENCE_MS = 10_000;

const SOURCE = fileURLToPath(new URL("fixtures/victim.ts", import.meta.url));
/** In one file, they are there in a third of the time. */
const VICTIM = fileURLToPath(new URL(`../../../../.cache/victim-${process.pid}.mjs`, import.meta.url));
/** What brings the parts of the toolkit into a bundle. */
const BUNDLED = fileURLToPath(new URL("../bundled.ts", import.meta.url));
const inOrder = (a: number, b: number): number => a - b;

test(`a process that is killed at a random moment leaves everything in order, ${KILLS} times`, async (context) => {
  buildSync({
    entryPoints: [SOURCE],
    inject: [BUNDLED],
    outfile: VICTIM,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    packages: "external",
    conditions: ["@heddle/source"],
    logLevel: "error",
  });
  context.after(() => rmSync(VICTIM));
  const heap = heapFor(context, 2 ** 28);
  const words = heap.allocate(WORDS_BYTES);
  heap.bytesTo(words + WORDS_BYTES).fill(0, words, words + WORDS_BYTES);
  const random = numbersFrom(SEED);
  const { locks, outward, inward, others, permits } = objectsIn(heap);

  const start = async (seed: number): Promise<{ child: ChildProcess; go: Event }> => {
    const child = spawn(
      process.execPath,
      [...process.execArgv, VICTIM, "victim", heap.name, String(words), String(seed)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    context.after(() => child.kill("SIGKILL"));
    const go = new Event({ heap, name: `go ${seed}` });
    const [said] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    assert.ok(said instanceof Buffer, `a process ended before it was let go: ${said}`);
    return { child, go };
  };

  /** What came out by a way since the last look: all that was put, and perhaps what was being put. */
  const seen = outward.map(() => 0);
  const checkOut = (way: Way, index: number): void => {
    const items: number[] = [];
    for (let item = way.get(); item !== undefined; item = way.get()) items.push(item);
    const [begun, done] = [BEGUN, DONE].map((at) => heap.load(words + at + 4 * index));
    const first = seen[index]! + 1;
    items.sort(inOrder);
    const last = items.at(-1) ?? seen[index]!;
    assert.deepEqual(
      items,
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
      `${way.name}: each once`,
    );
    // Items that are received while it lives are not lost with it; but a meeting may have been seen by one side only.
    assert.ok(last === done || last === begun, `${way.name}: ${last} came, ${done} were put, ${begun} begun`);
    heap.store(words + BEGUN + 4 * index, last);
    heap.store(words + DONE + 4 * index, last);
    seen[index] = last;
  };

  /** What was left in by a way: all that was not got, and perhaps not what was being got. */
  const given = inward.map(() => 0);
  const checkIn = (way: Way, index: number): void => {
    const items: number[] = [];
    for (let item = way.get(); item !== undefined; item = way.get()) items.push(item);
    const all = given[index]!;
    assert.equal(new Set(items).size, items.length, `${way.name}: no item twice`);
    assert.ok(items.every((item) => item > 0 && item <= all));
    const isYoungestFirst = way.name.endsWith("lifo");
    if (!isYoungestFirst && items.length > 0) {
      assert.deepEqual(
        items,
        Array.from({ length: items.length }, (_, i) => all - items.length + 1 + i),
        way.name,
      );
    }
    const got = heap.load(words + GOT + 4 * index);
    if (!isYoungestFirst) {
      const left = all - items.length;
      assert.ok(left === got || left === got + 1, `${way.name}: ${left} are gone, ${got} were got`);
    }
    heap.store(words + GOT + 4 * index, 0);
    given[index] = 0;
  };

  const victims = Array.from({ length: READY }, (_, i) => start(SEED * 100_000 + i));
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, go } = await victims.shift()!;
    if (kill + READY < KILLS) victims.push(start(SEED * 100_000 + kill + READY));
    for (const [i, way] of inward.entries()) {
      if (way.name.endsWith("meeting")) continue;
      for (let item = 1; item <= 200; item++) assert.ok(way.put(item));
      given[i] = 200;
    }
    const end = performance.now() + random() * LIFE_MS;
    go.set();
    while (performance.now() < end) {
      const deed = Math.floor(random() * 3);
      if (deed === 0) enter(heap, words, locks, Math.floor(random() * locks.length));
      else if (deed === 1) others[Math.floor(random() * others.length)]!();
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    for (let i = 0; i < locks.length; i++) enter(heap, words, locks, i);
    for (const other of others) other();
    for (const [i, way] of outward.entries()) checkOut(way, i);
    for (const [i, way] of inward.entries()) checkIn(way, i);
    assert.equal(heap.load(words + WRONG), 0, "two were where only one may be");
    // Those that it had, or was about to take or to give back, are there again.
    permits.acquireSync({ permits: PERMITS, timeoutMs: PATIENCE_MS }).release();
    assert.equal(permits.available, PERMITS);
  }
});
