/**
 * The thread that runs this, as one of those who share a heap.
 *
 * @packageDocumentation
 */
import type { Worker } from "node:worker_threads";
import {
  type HeapPart,
  type JoinedHeap,
  seatOf,
  settleThread,
  SharedHeap,
  SharedHeapError,
  threadHeap,
  type Words,
} from "#heap";
import { answerForBuffers } from "../../wire/index.ts";
import { Choices } from "./choices.ts";
import { Deaths } from "./deaths.ts";
import { beginToLeave, settleEnd, tellToLook } from "./ends.ts";
import { Inbox } from "./inbox.ts";
import { Monitor } from "./monitor.ts";
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
const LOOKS = 200;

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
  return selves.get(heap) ?? join(heap as JoinedHeap);
}

function joinThreads(): ThisThread {
  process.on("worker", (worker: Worker) => {
    const { threadId } = worker;
    // Whoever started it reads its last messages first.
    worker.once("exit", () => queueMicrotask(() => threadEnded(threadId)));
  });
  const joined = thisThreadIn(threadHeap());
  process.once("exit", (code) => {
    if (code === 0) beginToLeave(joined.monitor);
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
  if (record !== 0 && seats.isSeated(identity)) tellToLook(heap, record);
}

function join(heap: JoinedHeap): ThisThread {
  const { seats, seat, identity } = heap;
  let record = seats.recordAt(seat);
  if (record === 0) {
    record = heap.allocate(RECORD_BYTES);
    heap.bytesTo(record + RECORD_BYTES).fill(0, record, record + RECORD_BYTES);
    seats.setRecord(seat, record);
  }
  const deaths = new Deaths(heap);
  const monitor = new Monitor(
    { words: heap, seats, seat, identity, record },
    {
      spins: GATE_SPINS,
      sleepMs: GATE_SLEEP_MS,
      endSleepMs: END_SLEEP_MS,
      onStuck: (owner) => deaths.openGatesOf(owner),
    },
  );
  deaths.monitor = monitor;
  const nodes = new NodePool(heap, record, identity);
  const clock: Clock = {
    now: () => performance.now(),
    patience: new Patience(hasCores() ? LOOKS : 0),
    get sleepMs(): number {
      let leastMs = SLEEP_MS;
      for (const lookout of lookouts) leastMs = Math.min(leastMs, lookout.dueMs?.() ?? SLEEP_MS);
      return leastMs;
    },
    onSlept: () => {
      deaths.settleTheDead();
      for (const lookout of lookouts) lookout.look();
    },
    onWoken: () => {
      if (heap.mayHaveLost) deaths.settleTheDead();
    },
  };
  const waits = new Waits(heap, monitor, nodes, clock);
  const choices = new Choices({ heap, monitor, nodes }, waits, clock);
  waits.inbox = new Inbox(heap, record, waits);
  const joined = { heap, identity, record, monitor, nodes, waits, choices, deaths };
  selves.set(heap, joined);
  heap.whenSomebodyDies(() => deaths.settleTheDead());
  if (heap instanceof SharedHeap) {
    heap.addPart(partOf(heap, joined));
    // Nobody may have been there to hear of them.
    deaths.settleTheDead();
  }
  return joined;
}

let severalCores: boolean | undefined;

/** Whether who is waited for can run meanwhile. */
export function hasCores(): boolean {
  return (severalCores ??= process.getBuiltinModule("node:os").availableParallelism() > 1);
}

/** How this thread leaves: as one that has died, but by its own hand. */
function partOf(heap: SharedHeap, { monitor, waits, deaths }: ThisThread): HeapPart {
  return {
    checkLeaving() {
      const count = waits.pendingCount;
      if (count === 0) return;
      throw new SharedHeapError(
        `Cannot close shared heap ${JSON.stringify(heap.name)}: ${count} ${count === 1 ? "wait is" : "waits are"} under ` +
          `way in this thread at what it holds`,
      );
    },
    leave(isExit) {
      deaths.finish();
      if (!isExit || Number(process.exitCode ?? 0) === 0) beginToLeave(monitor);
      settleEnd(monitor, heap.seat);
    },
  };
}

/** Settles the end of a thread of this process that runs no more. Doing so twice is harmless. */
export function threadEnded(threadId: number): void {
  const { deaths } = thisThread();
  deaths.settleHalves();
  settleThread(threadId, (seat) => deaths.settle(seat));
}
