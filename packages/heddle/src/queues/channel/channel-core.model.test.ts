/** {@link ChannelCore}, and choices among channels, under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type CheckOptions, type ModelHeap } from "@heddle/testing";
import { type Heap, TimeoutError } from "#heap";
import {
  Choice,
  finding,
  isOfLateRing,
  MODEL,
  type ModelSelf,
  Monitor,
  OBJECTS,
  type Plants,
  report,
  seatThreads,
  sitDown,
  undertaker,
} from "../../sync/fixtures/model.ts";
import { type Alternative, ObjectKind, registerReclaim, type WaitOptions } from "../../sync/index.ts";
import { CellCoder } from "../cells/cells.ts";
import { ChannelCore } from "./channel-core.ts";
import { FLAGS, initialiseChannel, STOPPED } from "./channel-layout.ts";
import { type Answer, NOT_YET, PASSED } from "./channel-words.ts";
import { cellAt, Receiving, reclaim, Sending } from "./channel-sides.ts";

const A = OBJECTS;
const B = OBJECTS + 256;
/** Of a segment. */
const CELLS = 2;
const KIND = ObjectKind.FIRST_OF_TESTS + 14;

/** What a receive or a send gives. */
const CLOSED = "closed";
const LATE = "late";
const SENT = "sent";
type Outcome = number | typeof CLOSED | typeof LATE | typeof SENT;

registerReclaim(KIND, (monitor, object, node) => {
  const heap = monitor.words as Heap;
  reclaim(heap, monitor, new ChannelCore(heap, monitor, object, { cells: CELLS }), node);
});

/** A thread that has channels. */
class Actor {
  readonly #self: ModelSelf;
  readonly #heap: Heap;

  readonly #core: typeof ChannelCore;

  constructor(heap: ModelHeap, seat: number, { plants, core = ChannelCore }: Cast = {}) {
    this.#self = sitDown(heap, seat, plants);
    this.#heap = heap;
    this.#core = core;
  }

  core(channel: number): ChannelCore {
    return new this.#core(this.#heap, this.#self.monitor, channel, { cells: CELLS });
  }

  sending(channel: number, value: number): Alternative<Outcome> {
    return new Sending(this.#heap, this.core(channel), "send", cellOf(this.#heap, value), (isSent) =>
      isSent ? SENT : CLOSED,
    );
  }

  receiving(channel: number): Alternative<Outcome> {
    return new Receiving(this.#heap, this.core(channel), "receive", (cell) =>
      cell === 0 ? CLOSED : (cellAt(this.#heap, cell).take() as number),
    );
  }

  sendNow(channel: number, value: number): Answer {
    return this.core(channel).sendNow(cellOf(this.#heap, value));
  }

  send(channel: number, value: number, options?: WaitOptions): Outcome {
    const answer = this.sendNow(channel, value);
    if (answer !== NOT_YET) return answer === PASSED ? SENT : CLOSED;
    return this.#wait(this.sending(channel, value), options);
  }

  receive(channel: number, options?: WaitOptions): Outcome {
    const cell = new CellCoder(this.#heap);
    const answer = this.core(channel).receiveNow(cell);
    if (answer !== NOT_YET) return answer === PASSED ? (cell.take() as number) : CLOSED;
    return this.#wait(this.receiving(channel), options);
  }

  /** Gives the index of what happened, and what came of it. */
  select(alternatives: readonly Alternative<Outcome>[], timeoutMs: number = Infinity): [number, Outcome] {
    const chosen = this.#self.choices.block(alternatives, timeoutMs);
    return chosen === undefined ? [-1, LATE] : [chosen.index, chosen.value as Outcome];
  }

  /** As `select`, without waiting. */
  trySelect(alternatives: readonly Alternative<Outcome>[]): [number, Outcome] {
    const chosen = this.#self.choices.try(alternatives);
    return chosen === undefined ? [-1, LATE] : [chosen.index, chosen.value as Outcome];
  }

  #wait(place: Alternative<Outcome>, options?: WaitOptions): Outcome {
    try {
      return this.#self.waits.block(place, 0, options);
    } catch (error) {
      if (error instanceof TimeoutError) return LATE;
      throw error;
    }
  }
}

function cellOf(heap: Heap, value: number): CellCoder {
  const cell = new CellCoder(heap);
  cell.write(value, "value");
  return cell;
}

type Role = (actor: Actor) => unknown;

interface Cast {
  readonly capacity?: number;
  /** What stands in channel A at first. */
  readonly before?: readonly number[];
  /** The first of the roles may be killed. */
  readonly isMortal?: boolean;
  readonly plants?: Plants;
  readonly core?: typeof ChannelCore;
  /** What the undertaker does at last. */
  readonly afterwards?: Role;
  readonly atEnd?: (results: readonly unknown[], actor: Actor) => void;
}

/** Each role in a thread of its own. At the end nobody waits at a channel. */
function play(roles: readonly Role[], cast: Cast = {}) {
  const { capacity = 0, before = [], isMortal = false, afterwards, atEnd } = cast;
  return (heap: ModelHeap) => {
    seatThreads(heap, roles.length + 2);
    for (const [i, channel] of [A, B].entries()) {
      heap.name(channel + 8, `gate of ${"AB"[i]}`);
      heap.store(channel, KIND);
      initialiseChannel(heap, channel, capacity, CELLS);
    }
    const first = new Actor(heap, roles.length + 1);
    for (const value of before) first.send(A, value);
    const threads = roles.map((role, seat) => () => role(new Actor(heap, seat, cast)));
    const bury = undertaker(heap, roles.length, 0);
    const last = (): unknown => {
      bury();
      return afterwards?.(new Actor(heap, roles.length));
    };
    return {
      threads: isMortal ? [...threads, last] : threads,
      atEnd: (results: readonly unknown[]) => {
        const actor = new Actor(heap, roles.length + 1);
        for (const channel of [A, B]) {
          const { senders, receivers } = actor.core(channel).counts();
          assert.deepEqual([senders, receivers], [0, 0], "somebody is left in line");
        }
        atEnd?.(results, actor);
      },
    };
  };
}

const explore = (preemptions: number, more: CheckOptions = {}): CheckOptions => ({
  ...MODEL,
  preemptions,
  maxSteps: 5000,
  racy: isOfLateRing,
  ...more,
});
const mortal = (preemptions: number): CheckOptions => explore(preemptions, { mortal: [0] });
/** Of what has too many schedules with an interruption: all without any, and some with several. */
const sampled: readonly CheckOptions[] = [mortal(0), { ...mortal(1), random: 2000 }];
const sorted = (values: readonly unknown[]): readonly unknown[] =>
  values.toSorted((a, b) => String(a).localeCompare(String(b)));

describe("a rendezvous, every interleaving", () => {
  test("gives each value to one receiver", (context) => {
    const cast: Cast = { atEnd: (results) => assert.deepEqual(sorted(results), [1, 2, SENT, SENT]) };
    const roles: Role[] = [
      (it) => it.send(A, 1),
      (it) => it.send(A, 2),
      (it) => it.receive(A),
      (it) => it.receive(A),
    ];
    report(context, check(play(roles, cast), explore(1)));
    report(context, check(play([(it) => it.send(A, 1), (it) => it.receive(A)]), explore(4)));
  });

  test("is had by both or by none when both may give up", (context) => {
    const cast: Cast = {
      atEnd: ([sent, received]) => assert.equal(sent === SENT, received === 1),
    };
    const roles: Role[] = [(it) => it.send(A, 1, { timeoutMs: 1 }), (it) => it.receive(A, { timeoutMs: 1 })];
    report(context, check(play(roles, cast), explore(4)));
  });
});

describe("a buffer, every interleaving", () => {
  test("keeps the order, and lets a sender in when there is room", (context) => {
    const cast: Cast = { capacity: 1, atEnd: ([, received]) => assert.deepEqual(received, [1, 2, 3]) };
    const roles: Role[] = [
      (it) => [1, 2, 3].map((value) => it.send(A, value)),
      (it) => [it.receive(A), it.receive(A), it.receive(A)],
    ];
    report(context, check(play(roles, cast), explore(2)));
  });

  test("gives each value to one of two receivers", (context) => {
    const cast: Cast = {
      capacity: 1,
      atEnd: ([, ...received]) => assert.deepEqual(sorted(received), [1, 2]),
    };
    const roles: Role[] = [
      (it) => [it.send(A, 1), it.send(A, 2)],
      (it) => it.receive(A),
      (it) => it.receive(A),
    ];
    report(context, check(play(roles, cast), explore(1)));
    report(context, check(play(roles, cast), explore(2, { random: 2000 })));
  });

  test("goes on when one who sends, or receives, is killed at any step", (context) => {
    const send: Role = (it) => [it.send(A, 1), it.send(A, 2)];
    const receive: Role = (it) => [it.receive(A), it.receive(A)];
    report(context, check(endedByTheDead(send, receive), mortal(1)));
    report(context, check(endedByTheDead(receive, send), mortal(1)));
  });

  test("hands on what came while a receiver waited when its sender is killed at any step", (context) => {
    report(context, check(grantedByTheDead(), mortal(1)));
  });

  test("is never full and empty for those who give up at once", (context) => {
    const roles: Role[] = [
      (it) => [it.send(A, 1, { timeoutMs: 1 }), it.send(A, 2, { timeoutMs: 1 })],
      (it) => [it.receive(A, { timeoutMs: 1 }), it.receive(A, { timeoutMs: 1 })],
    ];
    const cast: Cast = {
      capacity: 1,
      atEnd: ([sent, received]: readonly any[], actor) => {
        const left = actor.core(A).size;
        const count = (list: unknown[], lost: Outcome): number => list.filter((it) => it !== lost).length;
        assert.equal(count(sent, LATE), count(received, LATE) + left);
        assert.equal(sent[0], SENT);
      },
    };
    report(context, check(play(roles, cast), explore(2)));
  });
});

/** One who may be killed does something with another; then it is closed. */
function endedByTheDead(dead: Role, other: Role): ReturnType<typeof play> {
  return play([dead, other], { capacity: 1, before: [9], isMortal: true, afterwards: close });
}

/** A receiver waits; one who may be killed sends to it, and another one comes by. */
function grantedByTheDead(plants?: Plants): ReturnType<typeof play> {
  const roles: Role[] = [(it) => it.send(A, 1), (it) => it.receive(A), (it) => it.send(A, 2)];
  return play(roles, { capacity: 2, isMortal: true, ...(plants === undefined ? {} : { plants }) });
}

const close: Role = (it) => it.core(A).close(0);

describe("closing, every interleaving", () => {
  test("refuses a sender, or comes after the value has gone over", (context) => {
    const cast: Cast = {
      atEnd: ([, sent, received]) => {
        assert.equal(sent === SENT, received === 1);
        assert.equal(sent === CLOSED, received === CLOSED);
      },
    };
    const roles: Role[] = [close, (it) => it.send(A, 1), (it) => it.receive(A)];
    report(context, check(play(roles, cast), explore(2)));
  });

  test("ends a select, which has sent or not", (context) => {
    const roles: Role[] = [
      close,
      (it) => it.select([it.sending(A, 1), it.receiving(B)]),
      (it) => it.receive(A),
    ];
    const cast: Cast = {
      atEnd: ([, [index, sent], received]: readonly any[]) => {
        assert.equal(index, 0);
        assert.equal(sent === SENT, received === 1);
      },
    };
    report(context, check(play(roles, cast), explore(2)));
  });

  test("is completed by those who wait when the closer is killed", (context) => {
    report(context, check(closedByTheDead(), mortal(0)));
  });
});

/** One grant is as much as a section can hold. */
class Narrow extends Monitor {
  #grants = 0;

  override enter(object: number): void {
    super.enter(object);
    this.#grants = 0;
  }

  override goOn(): void {
    super.goOn();
    this.#grants = 0;
  }

  override grant(node: number, answer: number): boolean {
    this.#grants++;
    return super.grant(node, answer);
  }

  override get hasRoom(): boolean {
    return this.#grants === 0;
  }
}

/** Two wait; the one who closes may be killed, and is followed by another. */
function closedByTheDead(core: typeof ChannelCore = ChannelCore): ReturnType<typeof play> {
  const roles: Role[] = [close, (it) => it.receive(A), (it) => it.receive(A)];
  return play(roles, { isMortal: true, afterwards: close, plants: { monitor: Narrow }, core });
}

/** Both sides of two channels: they can meet at either. */
const here: Role = (it) => it.select([it.sending(A, 1), it.receiving(B)]);
const there: Role = (it) => it.select([it.sending(B, 2), it.receiving(A)]);
const meet: Cast = {
  atEnd: ([one, other]) =>
    assert.ok(
      [
        [
          [0, SENT],
          [1, 1],
        ],
        [
          [1, 2],
          [0, SENT],
        ],
      ].some((outcome) => JSON.stringify(outcome) === JSON.stringify([one, other])),
      `they did not meet: ${JSON.stringify([one, other])}`,
    ),
};

describe("a select, every interleaving", () => {
  test("meets another at one channel of two", (context) => {
    report(context, check(play([here, there], meet), explore(3)));
  });

  test("takes one value of two senders, and leaves the other's", (context) => {
    const roles: Role[] = [
      (it) => it.send(A, 1, { timeoutMs: 1 }),
      (it) => it.send(B, 2, { timeoutMs: 1 }),
      (it) => it.select([it.receiving(A), it.receiving(B)], 1),
    ];
    const cast: Cast = {
      atEnd: ([a, b, [, value]]: readonly any[]) => {
        assert.equal(a === SENT, value === 1);
        assert.equal(b === SENT, value === 2);
      },
    };
    report(context, check(play(roles, cast), explore(2)));
  });

  test("gives its value to one of two receivers", (context) => {
    const roles: Role[] = [
      (it) => it.receive(A, { timeoutMs: 1 }),
      (it) => it.receive(B, { timeoutMs: 1 }),
      (it) => it.select([it.sending(A, 1), it.sending(B, 2)], 1),
    ];
    const cast: Cast = {
      atEnd: ([a, b, [index, value]]: readonly any[]) => {
        assert.equal(a === 1, index === 0);
        assert.equal(b === 2, index === 1);
        assert.equal(value === LATE, index === -1);
      },
    };
    report(context, check(play(roles, cast), explore(2)));
  });

  test("does not meet itself on the two sides of a channel", (context) => {
    const roles: Role[] = [
      (it) => it.select([it.sending(A, 1), it.receiving(A)], 1),
      (it) => it.receive(A, { timeoutMs: 1 }),
    ];
    const cast: Cast = {
      atEnd: ([[index], received]: readonly any[]) => assert.equal(index, received === 1 ? 0 : -1),
    };
    report(context, check(play(roles, cast), explore(3)));
  });

  test("goes on when the one that it was about to meet is killed at any step", (context) => {
    for (const options of sampled) report(context, check(killed(), options));
  });

  test("is found by those who come after one that passed it over, when its winner was killed", (context) => {
    report(context, check(passedOver(), { ...mortal(1), random: 1000 }));
  });

  test("leaves nothing when it is killed", (context) => {
    const roles: Role[] = [
      (it) => it.select([it.sending(A, 1), it.receiving(B)], 1),
      (it) => it.receive(A, { timeoutMs: 1 }),
    ];
    report(context, check(play(roles, { isMortal: true }), mortal(1)));
  });
});

describe("a select among channels with buffers, every interleaving", () => {
  test("finds a value if at every moment there is one", (context) => {
    report(context, check(alwaysAValue(), explore(3)));
  });

  test("finds room if at every moment there is some", (context) => {
    const roles: Role[] = [
      (it) => it.trySelect([it.sending(B, 5), it.sending(A, 5)]),
      (it) => [it.receive(A), it.send(B, 2, { timeoutMs: 1 })],
    ];
    const cast: Cast = {
      capacity: 1,
      before: [1],
      atEnd: ([[index]]: readonly any[]) => assert.notEqual(index, -1, "no room was found"),
    };
    report(context, check(play(roles, cast), explore(3)));
  });

  test("takes each value once, together with others that do not select", (context) => {
    const roles: Role[] = [
      (it) => it.select([it.receiving(A), it.receiving(B)]),
      (it) => [it.send(A, 1), it.receive(A, { timeoutMs: 1 })],
      (it) => it.send(B, 2),
    ];
    const cast: Cast = {
      capacity: 1,
      atEnd: ([[index, value], [, own]]: readonly any[], actor) => {
        assert.equal(value, index === 0 ? 1 : 2);
        assert.equal(own, index === 0 ? LATE : 1);
        assert.equal(actor.core(B).size, index === 0 ? 1 : 0);
      },
    };
    report(context, check(play(roles, cast), explore(2)));
  });

  test("that is killed at any step leaves channels that work", (context) => {
    const roles: Role[] = [
      (it) => it.select([it.receiving(B), it.receiving(A), it.sending(B, 7)], 1),
      (it) => [it.send(A, 1), it.receive(A, { timeoutMs: 1 })],
    ];
    const last: Role = (it) => [it.send(B, 8, { timeoutMs: 1 }), it.receive(B)];
    const cast: Cast = { capacity: 1, isMortal: true, afterwards: last };
    for (const options of sampled) report(context, check(play(roles, cast), options));
  });
});

/** A value goes from A to B by way of a moment when it is in both; a select that only tries looks at both. */
function alwaysAValue(cast: Cast = {}): ReturnType<typeof play> {
  const roles: Role[] = [
    (it) => it.trySelect([it.receiving(B), it.receiving(A)]),
    (it) => [it.send(B, 2), it.receive(A, { timeoutMs: 1 })],
  ];
  const atEnd = ([[index]]: readonly any[]): void => assert.notEqual(index, -1, "nothing was found");
  return play(roles, { capacity: 1, before: [1], atEnd, ...cast });
}

/** One who may be killed sends at either channel; then another value comes through B, for sure. */
function killed(plants?: Plants): ReturnType<typeof play> {
  const last = 9;
  const roles: Role[] = [
    (it) => it.select([it.sending(A, 1), it.sending(B, 2)], 1),
    (it) => {
      const [, first] = it.select([it.receiving(A), it.receiving(B)]);
      return first === last ? first : it.receive(B);
    },
  ];
  const afterwards: Role = (it) => it.send(B, last);
  const atEnd = (results: readonly unknown[]): void => assert.equal(results[1], last);
  return play(roles, { isMortal: true, afterwards, atEnd, ...(plants === undefined ? {} : { plants }) });
}

/** As `killed`, and a third passes the select over while it is claimed by the one who may be killed. */
function passedOver(plants?: Plants): ReturnType<typeof play> {
  const last = 9;
  const roles: Role[] = [
    (it) => it.send(A, 1, { timeoutMs: 1 }),
    (it) => {
      let [, value] = it.select([it.receiving(A), it.receiving(B)]);
      while (value !== last) value = it.receive(B);
      return value;
    },
    (it) => it.sendNow(B, 2),
  ];
  const afterwards: Role = (it) => it.send(B, last);
  return play(roles, { isMortal: true, afterwards, ...(plants === undefined ? {} : { plants }) });
}

describe("the checker finds", () => {
  test("a select that two can win", () => {
    class Unclaimed extends Monitor {
      override claim(): boolean {
        return true;
      }
    }
    const roles: Role[] = [
      (it) => it.send(A, 1),
      (it) => it.send(B, 2, { timeoutMs: 1 }),
      (it) => it.select([it.receiving(A), it.receiving(B)]),
      (it) => it.receive(A, { timeoutMs: 1 }),
    ];
    assert.notEqual(finding(play(roles, { plants: { monitor: Unclaimed } }), explore(2)), "nothing");
  });

  test("a select that stays claimed by the dead (X1)", () => {
    class Claimed extends Choice {
      override look(): number {
        return -1;
      }
    }
    for (const options of [mortal(1), ...sampled]) {
      assert.equal(finding(killed({ choice: Claimed }), options), "deadlock");
    }
  });

  test("a close of which those who wait do not know", () => {
    class Forgetful extends ChannelCore {
      override pump(): boolean {
        return false;
      }
    }
    assert.notEqual(
      finding(play([(it) => it.core(A).close(0), (it) => it.receive(A)], { core: Forgetful }), explore(1)),
      "nothing",
    );
  });

  test("a close that ends with its thread", () => {
    /** It refuses who waits only when it is closed by this thread. */
    class Short extends ChannelCore {
      #isClosing = false;

      override close(error: number): boolean {
        this.#isClosing = true;
        return super.close(error);
      }

      override pump(): boolean {
        return this.#isClosing && super.pump();
      }
    }
    assert.notEqual(finding(closedByTheDead(Short), mortal(0)), "nothing");
  });

  test("nodes taken out by who lost against the dead (X3)", () => {
    class Tidy extends Monitor {
      override isOver(): boolean {
        return true;
      }
    }
    assert.equal(finding(passedOver({ monitor: Tidy }), { ...mortal(1), random: 20_000 }), "deadlock");
  });

  test("a select that does not wait for those who are about to move an end (C6)", () => {
    class Rash extends Monitor {
      override awaitEnd(): void {}
    }
    assert.notEqual(finding(alwaysAValue({ plants: { monitor: Rash } }), explore(3)), "nothing");
  });

  test("a select that lets others go on before it has looked at all (C6)", () => {
    class Fleeting extends ChannelCore {
      override tryReceive(node: number): boolean {
        const isDone = super.tryReceive(node);
        if (!isDone) this.passOver();
        return isDone;
      }
    }
    assert.notEqual(finding(alwaysAValue({ core: Fleeting }), explore(3)), "nothing");
  });

  test("ends that are left before the section is committed that lets others go on (C7)", () => {
    class Hasty extends Monitor {
      #hasLeft = false;

      override enter(object: number): void {
        this.#hasLeft = false;
        super.enter(object);
      }

      override store(address: number, value: number): void {
        super.store(address, value);
        if (address !== A + FLAGS || (value & STOPPED) !== 0) return;
        this.ends.leaveAll();
        this.#hasLeft = true;
      }

      override moveEnd(word: number, position: number): void {
        if (this.#hasLeft) this.words.store(word, position);
        else super.moveEnd(word, position);
      }
    }
    assert.equal(finding(grantedByTheDead({ monitor: Hasty }), mortal(1)), "deadlock");
  });
});
