import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import {
  check,
  type CheckOptions,
  type CheckResult,
  forever,
  ModelFailure,
  type ModelHeap,
} from "./index.ts";

const LOCK = 0;
const COUNT = 64;

const FREE = 0;
const HELD = 1;
const CONTENDED = 2;

/** The three-state mutex of U. Drepper, "Futexes Are Tricky". */
class Mutex {
  readonly #heap: ModelHeap;

  constructor(heap: ModelHeap) {
    this.#heap = heap;
  }

  lock(): void {
    if (this.#heap.compareExchange(LOCK, FREE, HELD) === FREE) return;
    while (this.#heap.exchange(LOCK, CONTENDED) !== FREE) this.#heap.wait(LOCK, CONTENDED);
  }

  unlock(): void {
    if (this.#heap.exchange(LOCK, FREE) === CONTENDED) this.#heap.notify(LOCK, 1);
  }
}

/** Sleeps without having said so: the unlock may come in between. */
class ForgetfulMutex extends Mutex {
  readonly #heap: ModelHeap;

  constructor(heap: ModelHeap) {
    super(heap);
    this.#heap = heap;
  }

  override lock(): void {
    while (this.#heap.compareExchange(LOCK, FREE, HELD) !== FREE) this.#heap.wait(LOCK, HELD);
  }
}

/** Two consumers and a producer. They take it for granted that there is an item when they wake up. */
function trusting(heap: ModelHeap) {
  const consume = (): void => {
    if (heap.load(COUNT) === 0) heap.wait(COUNT, 0);
    assert.notEqual(heap.add(COUNT, -1), 0, "took what was not there");
  };
  const produce = (): void => {
    for (let item = 0; item < 2; item++) {
      heap.add(COUNT, 1);
      heap.notify(COUNT);
    }
  };
  return [consume, consume, produce];
}

/** Each thread adds one to a plain word, within the lock. */
function counting(kind: typeof Mutex, threads: number) {
  return (heap: ModelHeap) => ({
    threads: Array.from({ length: threads }, () => () => {
      const mutex = new kind(heap);
      mutex.lock();
      heap.poke(COUNT, heap.peek(COUNT) + 1);
      mutex.unlock();
    }),
    atEnd: () => assert.equal(heap.peek(COUNT), threads),
  });
}

function failureOf(program: Parameters<typeof check>[0], options?: CheckOptions): ModelFailure {
  try {
    check(program, options);
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error("nothing was found");
}

function report(context: TestContext, { schedules, states, complete }: CheckResult): void {
  context.diagnostic(`${schedules} schedules, ${states} states${complete ? ", all there are" : ""}`);
}

describe("check()", () => {
  test("finds nothing wrong with a correct mutex, in any schedule of 2 and of 3 threads", (context) => {
    for (const threads of [2, 3]) {
      const result = check(counting(Mutex, threads));
      assert.ok(result.complete);
      assert.ok(result.schedules >= 2);
      report(context, result);
    }
  });

  test("finds nothing wrong with a correct mutex in random schedules of 5 threads", () => {
    assert.equal(check(counting(Mutex, 5), { random: 500 }).schedules, 500);
  });

  test("finds a lost wake-up, and says who sleeps on what", () => {
    const failure = failureOf((heap) => {
      heap.name(LOCK, "lock");
      return counting(ForgetfulMutex, 2)(heap);
    });
    assert.equal(failure.kind, "lost wake-up");
    assert.match(failure.message, /thread [01] sleeps on lock while it is 1, but it is 0/);
  });

  test("finds a missing re-check after a wait", () => {
    const failure = failureOf(trusting);
    assert.equal(failure.kind, "assertion");
    assert.match(failure.message, /took what was not there/);
  });

  test("finds the same bugs in random schedules", () => {
    assert.equal(failureOf(counting(ForgetfulMutex, 2), { random: 2000 }).kind, "lost wake-up");
    assert.equal(failureOf(trusting, { random: 2000 }).kind, "assertion");
  });

  test("finds a double release that lets two threads in", () => {
    const failure = failureOf((heap) => {
      const inside = (): void => {
        const mutex = new Mutex(heap);
        mutex.lock();
        assert.equal(heap.add(COUNT, 1), 0, "two owners");
        heap.add(COUNT, -1);
        mutex.unlock();
      };
      const twice = (): void => {
        const mutex = new Mutex(heap);
        mutex.lock();
        mutex.unlock();
        mutex.unlock();
      };
      return [inside, inside, twice];
    });
    assert.equal(failure.kind, "assertion");
    assert.match(failure.message, /two owners/);
  });

  test("finds ABA in a free list without a tag", () => {
    const [HEAD, A, B] = [0, 64, 128];
    const failure = failureOf((heap) => {
      heap.poke(HEAD, A);
      heap.poke(A, B);
      const pop = (): number => {
        for (;;) {
          const head = heap.load(HEAD);
          if (head === 0 || heap.compareExchange(HEAD, head, heap.load(head)) === head) return head;
        }
      };
      const push = (node: number): void => {
        for (;;) {
          const head = heap.load(HEAD);
          heap.store(node, head);
          if (heap.compareExchange(HEAD, head, node) === head) return;
        }
      };
      return {
        threads: [
          () => [pop()],
          () => {
            const first = pop();
            const second = pop();
            push(first);
            return [second];
          },
        ],
        atEnd: (results) => {
          const owned = [...results.flat(), pop()].filter((node) => node !== 0);
          assert.equal(new Set(owned).size, owned.length, "a node has two owners");
        },
      };
    });
    assert.equal(failure.kind, "assertion");
    assert.match(failure.message, /two owners/);
  });

  test("finds a deadlock between two locks taken in opposite orders", () => {
    const failure = failureOf((heap) => {
      const takeBoth = (locks: readonly number[]): void => {
        for (const lock of locks) while (heap.compareExchange(lock, 0, 1) !== 0) heap.wait(lock, 1);
        for (const lock of locks) {
          heap.store(lock, 0);
          heap.notify(lock);
        }
      };
      return [() => takeBoth([0, 64]), () => takeBoth([64, 0])];
    });
    assert.equal(failure.kind, "deadlock");
    assert.match(failure.message, /thread 0 sleeps on \[64\], thread 1 sleeps on \[0\]/);
  });

  test("finds a plain access that nothing orders, and none where something does", () => {
    const handOver = (publish: (heap: ModelHeap) => void) => (heap: ModelHeap) => [
      () => {
        heap.poke(64, 7);
        publish(heap);
      },
      () => {
        if (heap.load(0) === 1) assert.equal(heap.peek(64), 7);
      },
    ];
    check(handOver((heap) => heap.store(0, 1)));
    assert.equal(failureOf(handOver((heap) => heap.poke(0, 1))).kind, "data race");
  });

  test("does not take a value for a sign of order when another thread may have written it", () => {
    const failure = failureOf((heap) => [
      () => {
        heap.poke(64, 7);
        heap.store(0, 1);
      },
      () => heap.store(0, 1),
      () => {
        if (heap.load(0) === 1) heap.peek(64);
      },
    ]);
    assert.equal(failure.kind, "data race");
  });

  test("finds threads that spin for ever, and lets those go on that others will release", () => {
    const spinning = (heap: ModelHeap) => () => {
      while (heap.load(0) === 0) heap.pause();
    };
    check((heap) => [spinning(heap), spinning(heap), () => heap.store(0, 1)]);
    assert.equal(failureOf((heap) => [spinning(heap), spinning(heap)]).kind, "livelock");
  });

  test("lets a bounded spin run out, whatever the others do", () => {
    const ends = new Set<string>();
    check((heap) => ({
      threads: [
        () => {
          for (let tries = 0; tries < 2; tries++) {
            if (heap.load(0) !== 0) return "found";
            heap.pause();
          }
          return "gave up";
        },
        () => heap.store(0, 1),
      ],
      atEnd: ([end]) => ends.add(end as string),
    }));
    assert.deepEqual([...ends].sort(), ["found", "gave up"]);
  });

  test("checks an invariant between any two steps", () => {
    const failure = failureOf((heap) => ({
      threads: [() => (heap.store(0, 1), heap.store(64, 1)), () => heap.load(0) + heap.load(64)],
      invariant: () => assert.ok(heap.load(0) === heap.load(64), "the two differ"),
    }));
    assert.equal(failure.kind, "invariant");
  });

  test("checks an invariant also between steps that no other thread would notice, atomic or plain", () => {
    const isZero = (word: number) => assert.equal(word, 0);
    for (const [store, look] of [
      [(heap, value) => heap.store(0, value), (heap) => isZero(heap.load(0))],
      [(heap, value) => heap.poke(0, value), (heap) => isZero(heap.peek(0))],
    ] satisfies [(heap: ModelHeap, value: number) => void, (heap: ModelHeap) => void][]) {
      const failure = failureOf((heap) => ({
        threads: [() => (store(heap, 1), store(heap, 0)), () => heap.load(64)],
        invariant: () => look(heap),
      }));
      assert.equal(failure.kind, "invariant");
    }
  });

  test("checks an invariant in every order of steps of which each is noticed by it alone", () => {
    for (const order of [
      [0, 64],
      [64, 0],
    ]) {
      const failure = failureOf((heap) => ({
        threads: [() => heap.store(order[0]!, 1), () => heap.store(order[1]!, 1)],
        invariant: () => assert.ok(heap.load(0) >= heap.load(64), "the second came first"),
      }));
      assert.equal(failure.kind, "invariant");
    }
  });

  test("reports a thread that throws before its first step as it does any other", () => {
    const cause = new RangeError("no room");
    const failure = failureOf(() => [
      () => {
        throw cause;
      },
    ]);
    assert.equal(failure.kind, "assertion");
    assert.equal(failure.cause, cause);
    assert.equal(failure.schedule, "");
  });

  test("lets a wait with a timeout end at any moment", () => {
    const outcomes = new Set<string>();
    check((heap) => ({
      threads: [
        () => heap.wait(0, 0, 10),
        () => {
          heap.store(0, 1);
          heap.notify(0);
        },
      ],
      atEnd: ([outcome]) => outcomes.add(String(outcome)),
    }));
    assert.deepEqual([...outcomes].sort(), ["not-equal", "ok", "timed-out"]);
  });

  test("kills a mortal thread at every one of its steps, and tells those who join it", () => {
    const seen = new Set<string>();
    check(
      (heap) => ({
        threads: [
          () => {
            heap.poke(0, 1);
            heap.poke(4, 1);
            heap.store(8, 1);
          },
          () => `${heap.join(0)} ${heap.load(0)}${heap.load(4)}${heap.load(8)}`,
        ],
        atEnd: ([, end]) => seen.add(end as string),
      }),
      { mortal: [0] },
    );
    assert.deepEqual([...seen].sort(), ["killed 000", "killed 100", "killed 110", "returned 111"]);
  });

  test("forgets a killed sleeper, so that a notify goes to another", () => {
    const outcomes = new Set<string>();
    check(
      (heap) => ({
        threads: [
          () => heap.wait(0, 0),
          () => heap.wait(0, 0),
          () => {
            const end = heap.join(0);
            heap.store(0, 1);
            heap.notify(0, 1);
            return end;
          },
        ],
        atEnd: ([, outcome, end]) => end === "killed" && outcomes.add(String(outcome)),
      }),
      { mortal: [0], sleepers: [0, 1, 2] },
    );
    assert.deepEqual([...outcomes].sort(), ["not-equal", "ok"]);
  });

  test("accepts sleepers at the end only where they were announced", () => {
    const program = (heap: ModelHeap) => [() => heap.wait(0, 0)];
    check(program, { sleepers: [0] });
    assert.equal(failureOf(program).kind, "deadlock");
  });

  test("says who waits for whose end", () => {
    const failure = failureOf((heap) => [() => heap.join(1), () => heap.join(0)]);
    assert.match(
      failure.message,
      /thread 0 waits for the end of thread 1, thread 1 waits for the end of thread 0/,
    );
  });

  test("follows a thread that goes on for ever, each state once, until nobody moves any more", (context) => {
    const program = (heap: ModelHeap) => ({
      threads: [
        forever(() => {
          const seen = heap.load(0);
          if (seen === heap.load(64)) heap.wait(0, seen);
          else heap.store(64, seen);
        }),
        () => {
          for (let turn = 1; turn <= 3; turn++) {
            heap.store(0, turn);
            heap.notify(0);
          }
        },
      ],
      atEnd: () => assert.equal(heap.load(64), 3),
    });
    report(context, check(program));
  });

  test("does not take threads that go on for ever for ones that are done", () => {
    assert.equal(failureOf((heap) => [forever(() => heap.pause())]).kind, "livelock");
    assert.equal(failureOf((heap) => [forever(() => heap.pause())], { random: 1 }).kind, "livelock");
    assert.throws(() => check(() => [forever(() => {})]), TypeError);
  });

  test("leaves out schedules with more interruptions than allowed, and says so", () => {
    const program = (heap: ModelHeap) => {
      const twice = (): void => {
        heap.add(0, 1);
        heap.add(0, 1);
      };
      return [twice, twice];
    };
    const bounded = check(program, { preemptions: 0 });
    const all = check(program);
    assert.deepEqual([bounded.complete, all.complete], [false, true]);
    assert.ok(bounded.schedules < all.schedules);
  });

  test("refuses what is no program, and options that it does not know: a misspelt one would check less", () => {
    assert.throws(
      () => check(5 as never),
      /^TypeError: Cannot check: the program must be a function, and is 5$/,
    );
    assert.throws(
      () => check(() => undefined as never),
      /^TypeError: Cannot check: the program must give threads, or an object with them, and gave undefined$/,
    );
    assert.throws(
      () => check(() => [], { mortel: [0] } as never),
      /^TypeError: Cannot check: it has no option mortel; it knows preemptions, mortal, /,
    );
  });

  test("refuses options and plans by which it would look at less than they say, or at nothing", () => {
    const program = (): (() => void)[] => [() => {}, () => {}];
    for (const [options, message] of [
      [{ random: 0 }, /^RangeError: Cannot check: random must be a whole number, 1 or more, and is 0$/],
      [{ random: NaN }, /^RangeError: .* random .* is NaN$/],
      [{ random: "100" }, /^TypeError: .* random .* is '100'$/],
      [{ preemptions: -1 }, /^RangeError: .* preemptions .* is -1$/],
      [{ depth: 0, random: 1 }, /^RangeError: .* depth .* 1 or more/],
      [{ maxSteps: 0 }, /^RangeError: .* maxSteps/],
      [{ mortal: [2] }, /^RangeError: Cannot check: mortal names thread 2, and there are 2$/],
      [{ sleepers: [-1] }, /^RangeError: Cannot check: sleepers names thread -1/],
      [{ mortal: 1 }, /^TypeError: Cannot check: mortal must be an array of numbers of threads, and is 1$/],
      [{ racy: [64] }, /^TypeError: Cannot check: racy must be a function of an address/],
      [{ replay: 5 }, /^TypeError: Cannot check: replay must be the schedule of a failure, and is 5$/],
    ] as const) {
      assert.throws(() => check(program, options as never), message);
    }
    for (const [plan, message] of [
      [
        [() => {}, undefined],
        /^TypeError: Cannot check: thread 1 must be a function, or what forever\(\) gives/,
      ],
      [{ threads: [], atEnd: 5 }, /^TypeError: Cannot check: atEnd must be a function, and is 5$/],
      [
        { threads: [], invariants: () => {} },
        /^TypeError: Cannot check: the program has no invariants; it may have threads, invariant, atEnd$/,
      ],
    ] as const) {
      assert.throws(() => check(() => plan as never), message);
    }
    check(program, { preemptions: Infinity, maxStates: Infinity, maxSteps: Infinity, kills: 0, mortal: [0] });
  });

  test("refuses a thread that keeps state outside itself", () => {
    let times = 0;
    const failure = failureOf((heap) => [() => heap.store(4 * times++, 1), () => heap.load(0)]);
    assert.equal(failure.kind, "not repeatable");
  });

  test("refuses a thread that does not run through", () => {
    assert.throws(() => check(() => [async () => {}]), TypeError);
  });

  test("finds accesses outside the heap", () => {
    assert.equal(failureOf((heap) => [() => heap.load(65536)]).kind, "stray access");
    assert.equal(failureOf((heap) => [() => heap.load(2)]).kind, "stray access");
    check((heap) => [() => assert.ok(!heap.growTo(2)), () => assert.ok(heap.pageCount === 1)]);
    check((heap) => [() => heap.growTo(2) && heap.load(65536)], { pageLimit: 2 });
  });

  test("runs a thread to its suspension even if it catches everything", () => {
    const failure = failureOf((heap) => [
      () => {
        for (let tries = 0; tries < 3; tries++) {
          try {
            heap.store(0, heap.load(0) + 1);
          } catch {
            // As careless code does.
          }
        }
        assert.equal(heap.load(0), 4);
      },
    ]);
    assert.equal(failure.kind, "assertion");
    assert.match(failure.message, /3 !== 4/);
  });
});

describe("ModelFailure", () => {
  const failure = failureOf((heap) => {
    heap.name(LOCK, "lock");
    return counting(ForgetfulMutex, 2)(heap);
  });

  test("tells every step, by thread, with its place in the program", () => {
    const lines = failure.trace.split("\n");
    assert.match(lines[0]!, /^ +1  0  compareExchange lock 0 -> 1, done +check\.test\.ts:\d+ \w*\.?lock$/);
    assert.ok(
      lines.some((line) => /^ +\d+      1  wait lock while 1: sleeps +check\.test\.ts:\d+/.test(line)),
    );
  });

  test("gives a schedule that leads to the same failure again", () => {
    const again = failureOf(counting(ForgetfulMutex, 2), { replay: failure.schedule });
    assert.equal(again.kind, failure.kind);
    assert.equal(again.schedule, failure.schedule);
  });

  test("refuses to replay what is no schedule", () => {
    assert.throws(() => check(counting(Mutex, 2), { replay: "0*3 oops" }), SyntaxError);
  });

  test("refuses to replay a schedule of another program, and says at which step it cannot follow", () => {
    const program = (heap: ModelHeap): (() => unknown)[] => {
      const increment = (): unknown => heap.add(COUNT, 1);
      return [increment, increment, () => heap.load(COUNT) === 0 && heap.wait(COUNT, 0)];
    };
    const sleepers = [2];
    for (const [replay, found] of [
      ["0 1 2 0 1", "at step 4 nobody can go on"],
      ["0*2", "at step 2 thread 0 cannot go on: it has ended"],
      ["0 0!", "at step 2 thread 0 cannot be killed: it has ended"],
      ["2*3", "at step 3 thread 2 cannot go on: it waits"],
      ["2*2 2~", "at step 3 thread 2 cannot run out of time: it waits without a limit"],
      ["0~", "at step 1 thread 0 cannot run out of time: it does not wait"],
      ["3", "at step 1 thread 3 cannot go on: there are 3"],
    ] as const) {
      const refusal = new RangeError(`Cannot replay the schedule: ${found}`);
      assert.throws(() => check(program, { replay, sleepers }), refusal);
    }
    assert.equal(check(program, { replay: "2*2 0 1", sleepers }).schedules, 1);
  });
});
