import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { threadHeap } from "#heap";
import { Shape } from "../write/shapes.ts";
import { NO_NUMBER, SharedShapes } from "./shared-shapes.ts";

const THREADS = 3;
/** A prime, so that every stride comes by all of them. */
const LISTS = 401;

const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** Publishes all lists, each thread in an order of its own, and gives their numbers. */
const PROGRAM = `
  import { parentPort, workerData } from "node:worker_threads";
  import { threadHeap } from ${urlOf("../../heap/index.ts")};
  import { Shape } from ${urlOf("../write/shapes.ts")};
  import { SharedShapes } from ${urlOf("./shared-shapes.ts")};
  const { thread, lists, gate } = workerData;
  const shapes = new SharedShapes(threadHeap());
  const words = new Int32Array(gate);
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 0) < ${THREADS});
  const numbers = [];
  for (let i = 0; i < lists; i++) {
    const list = (i * (2 * thread + 1) + 7 * thread) % lists;
    numbers[list] = shapes.publish(new Shape(["common", "key " + list]).block);
  }
  parentPort.postMessage(numbers);`;

test("threads that publish the same lists at once find one number for each", async () => {
  const heap = threadHeap();
  const gate = new SharedArrayBuffer(4);
  const url = new URL(`data:text/javascript,${encodeURIComponent(PROGRAM)}`);
  const answers = await Promise.all(
    Array.from({ length: THREADS }, (_, thread) => {
      const worker = new Worker(url, { workerData: { thread: thread + 1, lists: LISTS, gate } });
      return new Promise<number[]>((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    }),
  );
  const shapes = new SharedShapes(heap);
  const numbers = Array.from({ length: LISTS }, (_, list) =>
    shapes.publish(new Shape(["common", `key ${list}`]).block),
  );
  for (const answer of answers) assert.deepEqual(answer, numbers);
  const given = numbers.filter((number) => number !== NO_NUMBER);
  assert.ok(given.length > LISTS / 2);
  assert.equal(new Set(given).size, given.length);
});
