/**
 * The thread that runs this, as one of those who share a heap.
 *
 * @packageDocumentation
 */
import type { Worker } from "node:worker_threads";
import { cores } from "../cores-later.ts";
import { type JoinedHeap, seatOf, settleThread, threadHeap, type Words } from "#heap";
import { answerForBuffers } from "../../wire/index.ts";
import type { Choices } from "./choices.ts";
import type { Deaths } from "./deaths.ts";
import type { Monitor } from "./monitor.ts";
import type { NodePool } from "./nodes.ts";
import type { Waits } from "./waits.ts";

/** What the primitives need of the thread they run in, in one heap. */
export interface ThisThread {
  readonly heap: JoinedHeap;
  readonly identity: number;
  readonly record: number;
  readonly monitor: Monitor;
  readonly nodes: NodePool;
  readonly waits: Waits;
  readonly choices: Choices;
  readonly deaths: Deaths;
}

/** By the heap. */
const selves = new WeakMap<Words, ThisThread>();

let self: ThisThread | undefined;

/** This thread, in the heap that the threads of the process share. */
export function thisThread(): ThisThread {
  return (self ??= joinThreads());
}

/** This thread, in a heap that it has joined. */
export function thisThreadIn(heap: Words): ThisThread {
  return selves.get(heap) ?? cores().join(heap as JoinedHeap, lookouts, (joined) => selves.set(heap, joined));
}

function joinThreads(): ThisThread {
  process.on("worker", (worker: Worker) => {
    const { threadId } = worker;
    // Whoever started it reads its last messages first.
    worker.once("exit", () => queueMicrotask(() => threadEnded(threadId)));
  });
  const joined = thisThreadIn(threadHeap());
  process.once("exit", (code) => {
    if (code === 0) cores().beginToLeave(joined.monitor);
  });
  return joined;
}

/** What a thread that blocks does now and then, beside: its event loop stands still. */
export interface Lookout {
  /** Called when a blocked thread has slept for a while. Throws nothing. */
  look(): void;
  /** In how many milliseconds it is to be called at the latest; absent: when the thread wakes anyway. */
  dueMs?(): number;
}

const lookouts: Lookout[] = [{ look: answerForBuffers }];

/** Has a lookout called while this thread blocks. */
export function whileBlocked(lookout: Lookout): void {
  lookouts.push(lookout);
}

/** Has a thread of this process look after its waits, also those that block it: the scope that they are in may be over. */
export function rouse(identity: number): void {
  const { heap } = thisThread();
  const { seats } = heap;
  const record = seats.recordAt(seatOf(identity));
  if (record !== 0 && seats.isSeated(identity)) cores().tellToLook(heap, record);
}

/** Settles the end of a thread of this process that runs no more. Doing so twice is harmless. */
export function threadEnded(threadId: number): void {
  const { deaths } = thisThread();
  deaths.settleHalves();
  settleThread(threadId, (seat) => deaths.settle(seat));
}
