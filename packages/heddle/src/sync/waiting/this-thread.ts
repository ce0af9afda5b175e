/**
 * The thread that runs this, as one of those who share the heap.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { type Heap, settleSeat, settleThread, threadHeap, threadSeat } from "#heap";
import { Choices } from "./choices.ts";
import { settleEnd } from "./ends.ts";
import { Inbox } from "./inbox.ts";
import { Monitor, settleSections } from "./monitor.ts";
import { NodePool } from "./nodes.ts";
import { Patience } from "./patience.ts";
import { RECORD_BYTES } from "./record.ts";
import { type Clock, Waits } from "./waits.ts";

/** So long a blocked thread sleeps before it looks whether somebody has died whom only it could hear of. */
const SLEEP_MS = 100;
/** At a gate others are inside for less than a microsecond, unless they lost their core. */
const GATE_SPINS = 100;
const GATE_SLEEP_MS = 5;
/** Who has taken an end wakes nobody when it leaves it: it does so within nanoseconds, unless it lost its core. */
const END_SLEEP_MS = 1;

/** Looks before a blocked thread sleeps: some ten microseconds, as long as a wake takes. */
const LOOKS = availableParallelism() > 1 ? 200 : 0;

/** What the primitives need of the thread they run in. */
export interface ThisThread {
  readonly heap: Heap;
  readonly identity: number;
  readonly record: number;
  readonly monitor: Monitor;
  readonly nodes: NodePool;
  readonly waits: Waits;
  readonly choices: Choices;
}

let self: ThisThread | undefined;

/** This thread. The first call takes its place among those who share the heap. */
export function thisThread(): ThisThread {
  return (self ??= join());
}

/**
 * Seats of threads that this one found dead while it was blocked. What they held is given up later, for their messages may
 * not have been read yet.
 */
const early: number[] = [];
/** Of those, the ones of which only the sections have been settled. */
const halfSettled: number[] = [];

/** A thread that was found dead has posted its last message long before this has passed. */
const GRACE_MS = 1000;

function join(): ThisThread {
  const heap = threadHeap();
  const { seats, seat, identity } = threadSeat();
  let record = seats.recordAt(seat);
  if (record === 0) {
    record = heap.allocate(RECORD_BYTES);
    heap.bytesTo(record + RECORD_BYTES).fill(0, record, record + RECORD_BYTES);
    seats.setRecord(seat, record);
  }
  const monitor = new Monitor(
    { words: heap, seats, seat, identity, record },
    { spins: GATE_SPINS, sleepMs: GATE_SLEEP_MS, endSleepMs: END_SLEEP_MS, onStuck: openGatesOf },
  );
  const nodes = new NodePool(heap, record, identity);
  const clock: Clock = {
    now: () => performance.now(),
    patience: new Patience(LOOKS),
    sleepMs: SLEEP_MS,
    onSlept: settleTheDead,
  };
  const waits = new Waits(heap, monitor, nodes, clock);
  const choices = new Choices({ heap, monitor, nodes }, waits, clock);
  waits.inbox = new Inbox(heap, record, waits);
  process.on("worker", (worker: Worker) => {
    const { threadId } = worker;
    // Whoever started it reads its last messages first.
    worker.once("exit", () => queueMicrotask(() => threadEnded(threadId)));
  });
  return { heap, identity, record, monitor, nodes, waits, choices };
}

/** Settles the end of a thread that runs no more. Doing so twice is harmless. */
export function threadEnded(threadId: number): void {
  settleHalves();
  settleThread(threadId, settle);
}

function settle(seat: number): void {
  const { monitor } = thisThread();
  const { seats, seat: mine } = threadSeat();
  for (let left = seats.inherit(seat, mine); left >= 0; left = seats.inherit(seat, mine)) {
    settle(left);
    settleSeat(left);
  }
  settleEnd(monitor, seat);
}

/** Whether a thread has ended, as the operating system sees it. Where that cannot be known, it has not. */
function isDead(seat: number): boolean {
  const { seats } = threadSeat();
  const nativeId = seats.nativeIdAt(seat);
  return nativeId !== 0 && seats.identityAt(seat) !== 0 && !existsSync(`/proc/self/task/${nativeId}`);
}

/** Claims the end of a thread if it has died. */
function claimDead(seat: number): boolean {
  const { seats, seat: mine } = threadSeat();
  if (seat === mine || !isDead(seat) || !seats.claimEndOf(seat, mine)) return false;
  if (early.push(seat) === 1) setTimeout(settleEarly, GRACE_MS).unref();
  return true;
}

/**
 * This thread stands before a gate that does not open. If its owner has died, the gates are opened now, from within a
 * section that is being entered; the rest of its end is settled afterwards.
 */
function openGatesOf(seat: number): void {
  if (seat < 0 || !claimDead(seat)) return;
  const { monitor } = thisThread();
  settleSections(monitor, seat, monitor.seats.recordAt(seat));
  if (halfSettled.push(seat) === 1) setImmediate(settleHalves);
}

function settleHalves(): void {
  for (const seat of halfSettled.splice(0)) settle(seat);
}

/** This thread is blocked, and so does not hear of the ends of its workers: looks for them. */
function settleTheDead(): void {
  settleHalves();
  for (const seat of threadSeat().seats) if (claimDead(seat)) settle(seat);
}

function settleEarly(): void {
  settleHalves();
  for (const seat of early.splice(0)) settleSeat(seat);
}
