/**
 * {@link Parking} under every interleaving, with workers that look for work, sleep, and are woken or killed.
 *
 * The strictest reading of "no work waits while a worker sleeps": a worker that has found a task works on it for
 * ever. So what is not claimed at the end would not be claimed while that task runs.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, forever, type ModelHeap, type ModelThread } from "@heddle/testing";
import { finding, report } from "./fixtures/models.ts";
import { Parking } from "./parking.ts";

/** How many tasks wait to be claimed. */
const TASKS = 0;
/** Where workers stay who work for ever, each on a word of its own. */
const workOf = (worker: number): number => 64 + 64 * worker;
const PARKING = 1024;

/** How many threads may look for work at a time. */
const SPINNERS = 1;
const CAPACITY = 3;

/** Claims a task if there is one. */
function claim(heap: ModelHeap): boolean {
  for (let tasks = heap.load(TASKS); tasks > 0; tasks = heap.load(TASKS)) {
    if (heap.compareExchange(TASKS, tasks, tasks - 1) === tasks) return true;
  }
  return false;
}

/** Looks for a task, as a worker is to do it. Gives whether it found one. */
type Look = (heap: ModelHeap, parking: Parking, worker: number) => boolean;

const lookAndSleep: Look = (heap, parking, worker) => {
  const spins = parking.tryStartSpinning(worker, SPINNERS);
  let found = claim(heap);
  if (!found) {
    const ticket = parking.prepareSleep(worker);
    if (spins) parking.stopSpinning(worker);
    found = claim(heap);
    if (!found) void parking.waitAsync(worker, ticket);
    parking.cancelSleep(worker);
    if (!found) return false;
  } else if (spins) parking.stopSpinning(worker);
  // I3.
  if (heap.load(TASKS) > 0) parking.wakeForWork();
  return true;
};

type Kind = new (words: ModelHeap, address: number, capacity: number) => Parking;

interface Roles {
  readonly kind?: Kind;
  readonly look?: Look;
  /** Tasks that each publisher publishes. */
  readonly publishers: readonly number[];
  readonly workers: number;
  /** Whether a worker that found a task works on it for ever; else it is done at once. */
  readonly busy: boolean;
  /** Whether somebody takes out the worker 0 when it was killed. */
  readonly reaped?: boolean;
}

function pool({ kind = Parking, look = lookAndSleep, publishers, workers, busy, reaped = false }: Roles) {
  return (heap: ModelHeap) => {
    heap.name(TASKS, "tasks");
    heap.name(PARKING, "asleep");
    heap.name(PARKING + 4, "spinning");
    for (let worker = 0; worker < CAPACITY; worker++) heap.name(PARKING + 8 + 4 * worker, `bell ${worker}`);
    const work = (worker: number): ModelThread =>
      forever(() => {
        if (!look(heap, new kind(heap, PARKING, CAPACITY), worker) || !busy) return;
        heap.store(workOf(worker), 1);
        heap.wait(workOf(worker), 1);
      });
    const publish = (tasks: number) => (): void => {
      const parking = new kind(heap, PARKING, CAPACITY);
      for (let task = 0; task < tasks; task++) {
        heap.add(TASKS, 1);
        parking.wakeForWork();
      }
    };
    const reap = (): void => {
      heap.join(0);
      new kind(heap, PARKING, CAPACITY).forget(0);
      // As good as a worker that works, in the count at the end.
      heap.store(workOf(0), 1);
    };
    return {
      threads: [
        ...Array.from({ length: workers }, (_, worker) => work(worker)),
        ...publishers.map(publish),
        ...(reaped ? [reap] : []),
      ],
      atEnd: () => {
        const sleepers = Array.from({ length: workers }, (_, worker) => worker).filter(
          (worker) => heap.load(workOf(worker)) === 0,
        );
        assert.ok(heap.load(TASKS) === 0 || sleepers.length === 0, "tasks wait while a worker sleeps");
      },
    };
  };
}

describe("Parking, every interleaving", () => {
  test("no task waits while a worker sleeps, with one publisher", (context) => {
    report(context, check(pool({ publishers: [2], workers: 2, busy: true }), { preemptions: 4 }));
    report(context, check(pool({ publishers: [2], workers: 2, busy: false }), { preemptions: 3 }));
  });

  test("no task waits while a worker sleeps, with two publishers", (context) => {
    report(context, check(pool({ publishers: [1, 1], workers: 2, busy: true }), { preemptions: 3 }));
    report(context, check(pool({ publishers: [1, 1], workers: 2, busy: false }), { preemptions: 2 }));
  });

  test("no task waits while a worker sleeps, with three workers", (context) => {
    report(context, check(pool({ publishers: [3], workers: 3, busy: true }), { preemptions: 2 }));
  });

  test("a worker killed at any step leaves no other asleep over a task", (context) => {
    for (const busy of [true, false]) {
      const program = pool({ publishers: [2], workers: 2, busy, reaped: true });
      report(context, check(program, { mortal: [0], sleepers: [3], preemptions: 2 }));
    }
  });

  test("the same in random schedules of larger pools", () => {
    check(pool({ publishers: [2, 2], workers: 3, busy: false }), { random: 2000, depth: 6 });
    check(pool({ publishers: [2, 1], workers: 3, busy: true }), { random: 2000, depth: 6 });
    const program = pool({ publishers: [2, 1], workers: 3, busy: true, reaped: true });
    check(program, { mortal: [0], sleepers: [5], random: 2000, depth: 6 });
  });
});

describe("Parking with a planted bug", () => {
  /** Gives each bug what it needs to get at the words. */
  class Open extends Parking {
    readonly words: ModelHeap;

    constructor(words: ModelHeap, address: number, capacity: number) {
      super(words, address, capacity);
      this.words = words;
    }

    bellOf(thread: number): number {
      return PARKING + 8 + 4 * thread;
    }
  }

  class TakesItsTicketTooLate extends Open {
    override prepareSleep(thread: number): number {
      this.words.or(PARKING, 1 << thread);
      return this.words.load(this.bellOf(thread));
    }
  }

  class NotifiesOnly extends Open {
    override wake(thread: number): boolean {
      if ((this.words.and(PARKING, ~(1 << thread)) & (1 << thread)) === 0) return false;
      this.words.notify(this.bellOf(thread));
      return true;
    }
  }

  class ForgetsTheHalfWoken extends Open {
    override forget(thread: number): void {
      this.cancelSleep(thread);
      this.stopSpinning(thread);
      this.wakeForWork();
    }
  }

  class ForgetsTheSpinner extends Open {
    override forget(thread: number): void {
      for (let other = 0; other < CAPACITY; other++) this.wake(other);
      this.cancelSleep(thread);
    }
  }

  const looksOnce: Look = (heap, parking, worker) => {
    const found = claim(heap);
    if (found) return true;
    void parking.waitAsync(worker, parking.prepareSleep(worker));
    parking.cancelSleep(worker);
    return false;
  };

  /** I1 the wrong way round: as `lookAndSleep`, but looks before it says that it will sleep. */
  const looksTooEarly: Look = (heap, parking, worker) => {
    const spins = parking.tryStartSpinning(worker, SPINNERS);
    const found = claim(heap);
    if (spins) parking.stopSpinning(worker);
    if (!found) {
      const isThereMore = heap.load(TASKS) > 0;
      const ticket = parking.prepareSleep(worker);
      if (!isThereMore) void parking.waitAsync(worker, ticket);
      parking.cancelSleep(worker);
    } else if (heap.load(TASKS) > 0) parking.wakeForWork();
    return found;
  };

  /** I3 left out in one of its two cases. */
  const keepsToItself =
    (afterSpinning: boolean): Look =>
    (heap, parking, worker) => {
      const spins = parking.tryStartSpinning(worker, SPINNERS);
      let found = claim(heap);
      const foundSpinning = found;
      if (!found) {
        const ticket = parking.prepareSleep(worker);
        if (spins) parking.stopSpinning(worker);
        found = claim(heap);
        if (!found) void parking.waitAsync(worker, ticket);
        parking.cancelSleep(worker);
      } else if (spins) parking.stopSpinning(worker);
      if (found && foundSpinning !== afterSpinning && heap.load(TASKS) > 0) parking.wakeForWork();
      return found;
    };

  const found = (roles: Partial<Roles>, options = {}): string =>
    finding(pool({ publishers: [2], workers: 2, busy: true, ...roles }), { preemptions: 3, ...options });

  test("is found: a ticket taken after the bit was set", () => {
    assert.equal(found({ kind: TakesItsTicketTooLate }, { preemptions: 4 }), "assertion");
  });

  test("is found: a bell that does not change when it rings", () => {
    assert.equal(found({ kind: NotifiesOnly }), "assertion");
  });

  test("is found: a worker that looks only before it sleeps", () => {
    assert.equal(found({ look: looksOnce }), "assertion");
    assert.equal(found({ look: looksTooEarly }), "assertion");
  });

  test("is found: a worker that found work while spinning, and wakes nobody for the rest", () => {
    assert.equal(found({ look: keepsToItself(true) }), "assertion");
  });

  test("is found: a worker that found work when it was about to sleep, and wakes nobody for the rest", () => {
    assert.equal(found({ look: keepsToItself(false) }), "assertion");
  });

  test("is found: a sleeper that a dead worker had chosen to wake, and nobody rings for", () => {
    const options = { mortal: [0], sleepers: [3] };
    assert.equal(found({ kind: ForgetsTheHalfWoken, reaped: true }, options), "assertion");
  });

  test("is found: a dead worker that seems to look for work", () => {
    const options = { mortal: [0], sleepers: [3] };
    assert.equal(found({ kind: ForgetsTheSpinner, reaped: true }, options), "assertion");
  });
});
