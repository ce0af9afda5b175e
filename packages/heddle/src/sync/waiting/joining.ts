/**
 * How a thread comes to be one of those who share a heap.
 *
 * @packageDocumentation
 */
import { type HeapPart, type JoinedHeap, SharedHeap, SharedHeapError } from "#heap";
import { Choices } from "./choices.ts";
import { Deaths } from "./deaths.ts";
import { beginToLeave, settleEnd } from "./ends.ts";
import { hasCores } from "./has-cores.ts";
import { Inbox } from "./inbox.ts";
import { Monitor } from "./monitor.ts";
import { NodePool } from "./nodes.ts";
import { Patience } from "./patience.ts";
import { RECORD_BYTES } from "./record.ts";
import type { Lookout, ThisThread } from "./this-thread.ts";
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

/**
 * Joins a thread to a heap, once.
 *
 * @param lookouts - Those that there are, and will be.
 * @param onJoined - Told of the result before the ends of others are settled, which may ask for it.
 */
export function join(
  heap: JoinedHeap,
  lookouts: readonly Lookout[],
  onJoined: (joined: ThisThread) => void,
): ThisThread {
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
  onJoined(joined);
  heap.whenSomebodyDies(() => deaths.settleTheDead());
  if (heap instanceof SharedHeap) {
    heap.addPart(partOf(heap, joined));
    // Nobody may have been there to hear of them.
    deaths.settleTheDead();
  }
  return joined;
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
