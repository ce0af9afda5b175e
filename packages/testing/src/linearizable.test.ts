import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  assertLinearizable,
  HistoryRecorder,
  type Linearizability,
  linearizable,
  type Operation,
  type Specification,
  specifications,
} from "./index.ts";

/**
 * A history in which each line is a thread, and time goes to the right: a bar is an operation, told on the right in order.
 * A bar without an end did not return.
 */
function history(...threads: readonly (readonly [bars: string, ...operations: Told[]])[]): Operation[] {
  return threads.flatMap(([bars, ...operations], thread) => {
    const found = [...bars.matchAll(/\|-*\|?/g)];
    assert.equal(found.length, operations.length, `thread ${thread}: a bar for each operation`);
    return operations.map(([name, args, result], index) => {
      const { 0: bar, index: start } = found[index]!;
      const end = bar.length > 1 && bar.endsWith("|") ? start + bar.length - 1 : Infinity;
      return { thread, name, args, start, end, ...(end === Infinity ? {} : { result }) };
    });
  });
}
type Told = readonly [name: string, args: readonly unknown[], result?: unknown];

const put = (item: unknown): Told => ["put", [item]];
const get = (item: unknown): Told => ["get", [], item];
const write = (value: number): Told => ["write", [value]];
const read = (value: number): Told => ["read", [], value];

function failureOf(found: Linearizability): Linearizability & { ok: false } {
  assert.ok(!found.ok, "it was accepted");
  return found;
}

describe("linearizable(), on histories known to be good and bad", () => {
  const { register, fifoQueue, lifoQueue, priorityQueue, channel, rendezvous, semaphore, lock, map } =
    specifications;

  test("lets a read overlap a write and see either value, but not the old after the new", () => {
    const overlapping = (first: number, second: number) =>
      history(["|----------|", write(1)], [" |--| |--|  ", read(first), read(second)]);
    assert.ok(linearizable(overlapping(0, 1), register(0)).ok);
    assert.ok(linearizable(overlapping(1, 1), register(0)).ok);
    assert.ok(linearizable(overlapping(0, 0), register(0)).ok);
    const { operation, possible } = failureOf(linearizable(overlapping(1, 0), register(0)));
    assert.deepEqual([operation.start, operation.result, possible], [6, 0, [1]]);
  });

  test("tells what comes before what only by returns and calls", () => {
    assert.ok(!linearizable(history(["|-|   ", write(1)], ["    |-|", read(0)]), register(0)).ok);
    assert.ok(linearizable(history(["|----|", write(1)], ["    |-|", read(0)]), register(0)).ok);
  });

  test("knows the examples of Herlihy and Wing (1990), figure 1", () => {
    const h1 = history(["|---|    |---|", put("x"), get("y")], ["  |---|    |---|", put("y"), get("x")]);
    const h2 = history(["|---|       ", put("x")], ["     |---| |---|", put("y"), get("y")]);
    const h3 = history(["|---|  |---|", put("x"), get("y")], ["  |-----|", put("y")]);
    const h4 = history(["|---|    |---|", put("x"), get("y")], ["  |---| |---|", put("y"), get("y")]);
    assert.ok(linearizable(h1, fifoQueue()).ok);
    assert.ok(!linearizable(h2, fifoQueue()).ok);
    assert.ok(linearizable(h3, fifoQueue()).ok);
    assert.ok(!linearizable(h4, fifoQueue()).ok);
  });

  test("tells first in, first out from last in, first out and from the order of priorities", () => {
    const inTurn = (...operations: Told[]) =>
      operations.map(([name, args, result], index): Operation => ({
        thread: 0,
        name,
        args,
        result,
        start: 2 * index,
        end: 2 * index + 1,
      }));
    const puts = [1, 2, 3].map((item): Told => ["put", [item, { priority: item % 2 }]]);
    const orders: [Specification<never>, number[]][] = [
      [fifoQueue() as never, [1, 2, 3]],
      [lifoQueue() as never, [3, 2, 1]],
      [priorityQueue() as never, [2, 1, 3]],
    ];
    for (const [specification, order] of orders) {
      for (const [other, otherOrder] of orders) {
        const found = linearizable(inTurn(...puts, ...otherOrder.map(get)), specification);
        assert.equal(found.ok, other === specification, `${order.join()} and ${otherOrder.join()}`);
      }
    }
  });

  test("lets a full queue refuse, an empty one give nothing, and no other", () => {
    const tryPut = (item: number, result: boolean): Told => ["tryPut", [item], result];
    const tryGet = (result?: { value: number }): Told => ["tryGet", [], result];
    const sequence = [
      "|-| |-| |-| |-|",
      tryPut(1, true),
      tryPut(2, false),
      tryGet({ value: 1 }),
      tryGet(),
    ] as const;
    assert.ok(linearizable(history([...sequence]), fifoQueue({ capacity: 1 })).ok);
    assert.ok(!linearizable(history([...sequence]), fifoQueue({ capacity: 2 })).ok);
    assert.throws(() => fifoQueue({ capacity: 0 }), RangeError);
  });

  test("has the two halves of a rendezvous take effect together, while both are under way", () => {
    const send = (start: number, end: number, result?: unknown, name = "send"): Operation => ({
      thread: 0,
      name,
      args: [7],
      start,
      end,
      result,
    });
    const receive = (start: number, end: number, result: unknown, name = "receive"): Operation => ({
      thread: 1,
      name,
      args: [],
      start,
      end,
      result,
    });
    const other = (
      thread: number,
      name: string,
      start: number,
      end: number,
      result?: unknown,
    ): Operation => ({
      thread,
      name,
      args: [],
      start,
      end,
      result,
    });
    const isFine = (...history: Operation[]): boolean => linearizable(history, rendezvous()).ok;
    const late = { threw: "ERR_HEDDLE_TIMEOUT" };
    const closed = { threw: "ERR_HEDDLE_CHANNEL_CLOSED" };
    assert.ok(isFine(send(0, 3), receive(1, 2, 7)));
    assert.ok(isFine(send(1, 2), receive(0, 3, 7)));
    assert.ok(isFine(send(0, 1, late), receive(2, 3, late)));
    assert.ok(isFine(send(0, Infinity), receive(1, 2, 7)));
    assert.ok(!isFine(send(0, 1), receive(2, 3, 7)), "they did not meet");
    assert.ok(!isFine(send(0, 3), receive(1, 2, 8)), "another value");
    assert.ok(!isFine(send(0, 3, late), receive(1, 2, 7)), "it was received, and not sent");
    assert.ok(!isFine(send(0, 3), receive(1, 2, late)), "it was sent, and not received");
    assert.ok(isFine(send(0, 3, true, "trySend"), receive(1, 2, 7)));
    assert.ok(isFine(send(0, 3), receive(1, 2, { value: 7 }, "tryReceive")));
    assert.ok(
      !isFine(send(0, 3, true, "trySend"), receive(1, 2, { value: 7 }, "tryReceive")),
      "none of them waited",
    );
    assert.ok(isFine(send(0, 3, false, "trySend"), receive(1, 2, undefined, "tryReceive")));
    const two = [send(0, 5), receive(0, 5, 7)];
    assert.ok(isFine(...two, other(2, "receive", 0, 5, closed), other(3, "close", 0, 5)));
    assert.ok(!isFine(...two, other(2, "receive", 0, 5, 7)), "it was received twice");
    assert.ok(!isFine(other(2, "close", 0, 1), send(2, 5), receive(2, 5, 7)), "it was closed");
    assert.ok(isFine(other(2, "close", 0, 1), send(2, 5, closed), other(3, "size", 2, 5, 0)));
    assert.ok(!isFine(other(3, "size", 2, 5, 1)));
  });

  test("lets a channel be drained after it was closed, and nothing be sent", () => {
    const closed = { threw: "ERR_HEDDLE_CHANNEL_CLOSED" };
    const sequence = (sent: unknown, received: unknown) =>
      history([
        "|-| |-| |-| |-| |-|",
        ["send", [1]],
        ["close", []],
        ["send", [2], sent],
        ["receive", [], 1],
        ["receive", [], received],
      ]);
    assert.ok(linearizable(sequence(closed, closed), channel({ capacity: 2 })).ok);
    assert.ok(!linearizable(sequence(undefined, 2), channel({ capacity: 2 })).ok);
  });

  test("lets no more threads into a semaphore than it has permits", () => {
    const acquire: Told = ["acquire", []];
    const release: Told = ["release", []];
    const three = history(["|-|", acquire], [" |-|", acquire], ["   |-|", acquire]);
    assert.ok(linearizable(three, semaphore(3)).ok);
    assert.ok(!linearizable(three, semaphore(2)).ok);
    const handed = history(["|-|   |-|", acquire, release], [" |-|", acquire], ["   |----|", acquire]);
    assert.ok(linearizable(handed, semaphore(2)).ok);
    const bounded = semaphore(1, { maximum: 1 });
    assert.ok(linearizable(history(["|-|", ["release", [], { threw: "RangeError" }]]), bounded).ok);
    assert.ok(!linearizable(history(["|-|", release]), bounded).ok);
  });

  test("finds two owners of a lock, and lets a waiter give up", () => {
    const acquire: Told = ["acquire", []];
    const timeout: Told = ["acquireSync", [], { threw: "ERR_HEDDLE_TIMEOUT" }];
    assert.ok(linearizable(history(["|-|", acquire], [" |-----|", timeout]), lock()).ok);
    assert.ok(!linearizable(history(["|-|", acquire], [" |-----|", acquire]), lock()).ok);
    assert.ok(linearizable(history(["|-|", acquire], [" |-----|", ["tryAcquire", [], false]]), lock()).ok);
    assert.ok(!linearizable(history(["  |-----|", ["tryAcquire", [], false]]), lock()).ok);
  });

  test("checks each key of a map alone, and finds the one that is wrong", () => {
    const set = (key: string, value: number): Told => ["set", [key, value]];
    const has = (key: string, result: boolean): Told => ["has", [key], result];
    const bad = history(
      ["|-| |-|", set("a", 1), ["get", ["a"], 1]],
      ["|-| |-|", set("b", 2), has("b", false)],
    );
    const { operation, window } = failureOf(linearizable(bad, map()));
    assert.deepEqual([operation.name, operation.thread, window.length], ["has", 1, 1]);
    assert.ok(linearizable(bad.slice(0, 2), map()).ok);
  });

  test("lets the operation of a killed thread take effect late, or never", () => {
    const killed = (bars: string, ...reads: number[]) =>
      history(["|-", write(1)], [bars, ...reads.map((value) => read(value))]);
    assert.ok(linearizable(killed(" |-| |-| |-|", 0, 0, 0), register(0)).ok);
    assert.ok(linearizable(killed(" |-| |-| |-|", 0, 1, 1), register(0)).ok);
    assert.ok(!linearizable(killed(" |-| |-| |-|", 0, 1, 0), register(0)).ok);
    assert.ok(!linearizable(killed(" |-| |-| |-|", 0, 2, 2), register(0)).ok);
  });

  test("gives an order that explains a good history", () => {
    const good = history(["|---------|", write(1)], [" |--| |--|  ", read(0), read(1)]);
    const found = linearizable(good, register(0));
    assert.deepEqual(found.ok && found.order.map(({ name, result }) => [name, result]), [
      ["read", 0],
      ["write", undefined],
      ["read", 1],
    ]);
    assert.ok(linearizable([], register(0)).ok);
  });

  test("reports the return that nothing explains, what it could have been, and what was under way", () => {
    const bad = history(
      ["|-| |-------|", put(1), put(2)],
      ["     |-----|   ", get(2)],
      ["|----------  ", put(3)],
    );
    const { report } = failureOf(linearizable(bad, fifoQueue()));
    const lines = report.split("\n");
    assert.match(lines[0]!, /^not linearizable: thread 1: get\(\) gave 2, but it could have given 1 or 3$/);
    assert.match(report, /before it was called: \{"items":\[1\],"closed":false\}/);
    assert.match(report, /^> thread 1: get\(\) gave 2 +\|-+\|$/m);
    assert.match(report, /^ {2}thread 2: put\(3\) did not return {2}<-+>$/m);
    assert.throws(() => assertLinearizable(bad, fifoQueue()), { message: report });
    assertLinearizable(bad.slice(0, 2), fifoQueue());
  });

  test("refuses options that it does not know", () => {
    assert.throws(
      () => linearizable([], specifications.lock(), { maxWay: 5 } as never),
      /^TypeError: Cannot check a history: it has no option maxWay; it knows maxWays$/,
    );
    assert.throws(
      () => new HistoryRecorder({ operation: 5 } as never),
      /it has no option operation; it knows operations, /,
    );
  });

  test("refuses an operation that the object does not have, and more at once than it can tell apart", () => {
    assert.throws(() => linearizable(history(["|-|", ["push", [1]]]), fifoQueue()), /only put, putSync/);
    const many = Array.from({ length: 31 }, (_, thread): Operation => {
      return { thread, name: "read", args: [], start: thread, end: 100 + thread, result: 0 };
    });
    assert.throws(() => linearizable(many, register(0)), RangeError);
  });
});

/** An object of independent parts as one. */
function whole<State>(specification: Specification<State>): Specification<Readonly<Record<string, State>>> {
  return {
    initial: {},
    step: (parts, call) => {
      const part = specification.partOf?.(call) ?? "";
      return specification
        .step(parts[part] ?? specification.initial, call)
        .map(({ state, result }) => ({ state: { ...parts, [part]: state }, result }));
    },
  };
}

/** All orders, one by one, as the definition has it. */
function isLinearizable<State>(
  operations: readonly Operation[],
  specification: Specification<State>,
): boolean {
  const follow = (state: State, left: readonly Operation[]): boolean => {
    if (left.every(({ end }) => end === Infinity)) return true;
    const firstEnd = Math.min(...left.map(({ end }) => end));
    return left
      .filter(({ start }) => start <= firstEnd)
      .some((operation) =>
        specification
          .step(state, operation)
          .filter(
            ({ result }) =>
              operation.end === Infinity || JSON.stringify([result]) === JSON.stringify([operation.result]),
          )
          .some((outcome) =>
            follow(
              outcome.state,
              left.filter((other) => other !== operation),
            ),
          ),
      );
  };
  return follow(specification.initial, operations);
}

/** An operation that a random thread calls, as long before and after its effect as two numbers say. */
interface Intent {
  readonly thread: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly lead: number;
  readonly trail: number;
  readonly dies: boolean;
}

/** Performs operations one after the other on an object, and stretches them over time: a legal history. */
function legal<State>(intents: readonly Intent[], specification: Specification<State>): Operation[] {
  let { initial: state } = specification;
  const busyUntil = new Map<number, number>();
  const operations: Operation[] = [];
  for (const [index, { thread, name, args, lead, trail, dies }] of intents.entries()) {
    const now = 100 * index + 50;
    const free = busyUntil.get(thread) ?? -1;
    const outcome = specification.step(state, { thread, name, args })[0];
    if (free >= now || outcome === undefined) continue;
    state = outcome.state;
    const start = Math.max(free + 1, now - lead);
    const end = dies ? Infinity : now + trail;
    busyUntil.set(thread, end);
    operations.push({ thread, name, args, start, end, ...(dies ? {} : { result: outcome.result }) });
  }
  return operations;
}

const intent = (
  ...names: [name: string, argument: fc.Arbitrary<readonly unknown[]>][]
): fc.Arbitrary<Intent> =>
  fc.oneof(
    ...names.map(([name, args]) =>
      fc.record({
        thread: fc.nat(3),
        name: fc.constant(name),
        args,
        lead: fc.integer({ min: 0, max: 400 }),
        trail: fc.integer({ min: 0, max: 400 }),
        dies: fc.nat(9).map((number) => number === 0),
      }),
    ),
  );

const small = fc.tuple(fc.nat(2));
const none = fc.constant([]);

const objects: readonly [string, Specification<never>, fc.Arbitrary<Intent>][] = [
  [
    "a register",
    specifications.register(0) as never,
    intent(["read", none], ["write", small], ["exchange", small]),
  ],
  [
    "a queue",
    specifications.fifoQueue({ capacity: 2 }) as never,
    intent(["put", small], ["tryPut", small], ["tryGet", none], ["get", none]),
  ],
  ["a stack", specifications.lifoQueue() as never, intent(["put", small], ["tryGet", none], ["size", none])],
  [
    "a queue of priorities",
    specifications.priorityQueue() as never,
    intent(["put", fc.tuple(fc.nat(2), fc.nat(2))], ["tryGet", none]),
  ],
  [
    "a semaphore",
    specifications.semaphore(2) as never,
    intent(["tryAcquire", none], ["release", none], ["acquire", none]),
  ],
  [
    "a map",
    specifications.map() as never,
    intent(
      ["set", fc.tuple(fc.nat(1), fc.nat(2))],
      ["get", fc.tuple(fc.nat(1))],
      ["delete", fc.tuple(fc.nat(1))],
    ),
  ],
];

describe("linearizable(), on random histories", () => {
  for (const [name, specification, intents] of objects) {
    test(`accepts every legal history of ${name}`, () => {
      fc.assert(
        fc.property(fc.array(intents, { maxLength: 40 }), (list) => {
          assert.ok(linearizable(legal(list, whole(specification)), specification).ok);
        }),
        { numRuns: 100 },
      );
    });

    test(`accepts a changed history of ${name} exactly if some order explains it`, (context) => {
      const verdicts = { good: 0, bad: 0 };
      fc.assert(
        fc.property(
          fc.array(intents, { minLength: 2, maxLength: 7 }),
          fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 2 }),
          (list, swaps) => {
            const operations = legal(list, whole(specification));
            // Two operations change their results.
            for (const [one, other] of swaps) {
              const done = operations.filter(({ end }) => end !== Infinity);
              if (done.length < 2) continue;
              const [first, second] = [done[one % done.length]!, done[other % done.length]!];
              operations[operations.indexOf(first)] = { ...first, result: second.result };
              if (first !== second)
                operations[operations.indexOf(second)] = { ...second, result: first.result };
            }
            const expected = isLinearizable(operations, whole(specification));
            verdicts[expected ? "good" : "bad"]++;
            assert.equal(linearizable(operations, specification).ok, expected);
          },
        ),
        { numRuns: 400, seed: 1 },
      );
      context.diagnostic(`${verdicts.good} good, ${verdicts.bad} bad`);
      assert.ok(verdicts.good > 20 && verdicts.bad > 20);
    });
  }
});

describe("linearizable(), on long histories", () => {
  test("checks 10,000 operations of 4 threads on a queue, and finds the one that is wrong", (context) => {
    const names = ["put", "tryGet"];
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const intents = Array.from({ length: 40_000 }, (_, index): Intent => {
      const name = names[random(2)]!;
      const args = name === "put" ? [index] : [];
      return { thread: random(4), name, args, lead: random(300), trail: random(150), dies: false };
    });
    const queue = specifications.fifoQueue({ capacity: 6 });
    const operations = legal(intents, queue).slice(0, 10_000);
    assert.equal(operations.length, 10_000);
    const start = performance.now();
    assert.ok(linearizable(operations, queue).ok);
    context.diagnostic(`${Math.round(performance.now() - start)} ms`);

    const late = operations.findLastIndex(({ result }) => result !== undefined && result !== null);
    operations[late] = { ...operations[late]!, result: { value: -1 } };
    assert.equal(failureOf(linearizable(operations, queue)).operation, operations[late]);
  });
});

test("linearizable() refuses what is no history, or no specification", () => {
  assert.throws(
    () => linearizable(5 as never, specifications.lock()),
    /^TypeError: Cannot check a history: it is number, not an array/,
  );
  for (const operation of [{}, undefined, { thread: 0, name: "acquire", args: [], start: 2, end: 1 }]) {
    assert.throws(
      () => linearizable([operation as never], specifications.lock()),
      /^TypeError: Cannot check a history: number 0 of it is no operation, but /,
    );
  }
  assert.throws(() => linearizable([], specifications.lock(), { maxWays: 0 }), RangeError);
  for (const specification of [undefined, {}, specifications.lock]) {
    assert.throws(
      () => linearizable([], specification as never),
      /^TypeError: Cannot check a history: the specification has no step\(\)/,
    );
  }
});
