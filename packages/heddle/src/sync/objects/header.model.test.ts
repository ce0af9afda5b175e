/** The life of a shared object, under every interleaving of those who hold it. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { giveUpClaim, Ledger, settleLedger, takeClaim } from "#heap";
import { check, type CheckOptions, type CheckResult, ModelFailure, type ModelHeap } from "@heddle/testing";
import { giveUpListed, takeListed } from "./cargo.ts";
import { CLAIM, FREED, MAILBOX, MESSAGE, ModelObjects } from "./fixtures/model-objects.ts";

const CLAIMS = new Set([CLAIM]);

/** What a thread does that begins with a handle, or with none. */
type Role = (heap: ModelObjects, ledger: () => Ledger) => void;

/** Uses the object for a while, and lets go. */
const hold: Role = (heap, ledger) => {
  const own = ledger();
  const entry = own.note(CLAIM);
  heap.use();
  own.giveUp(entry);
};

/** Leaves a message that holds the object, and lets go of its own handle. */
const send: Role = (heap, ledger) => {
  const own = ledger();
  const entry = own.note(CLAIM);
  takeListed(heap, MESSAGE, CLAIMS);
  heap.store(MAILBOX, MESSAGE);
  own.giveUp(entry);
};

/** Takes the message, if there is one; then a handle, then the claim of the message is given up. */
const receive: Role = (heap, ledger) => {
  const own = ledger();
  const message = heap.exchange(MAILBOX, 0);
  if (message === 0) return;
  const entry = own.take(CLAIM);
  giveUpListed(heap, message);
  heap.use();
  own.giveUp(entry);
};

/** Takes the message, if there is one, and does not read it. */
const drop: Role = (heap) => {
  const message = heap.exchange(MAILBOX, 0);
  if (message !== 0) giveUpListed(heap, message);
};

interface Story {
  readonly roles: readonly Role[];
  /** How many of the roles begin with a handle. */
  readonly holders: number;
  /** The thread that may be killed; another settles what it held. */
  readonly mortal?: number;
  readonly settle?: (heap: ModelObjects, ledger: number) => void;
}

function life({ roles, holders, mortal, settle = settleLedger }: Story) {
  return (words: ModelHeap) => {
    ModelObjects.prepare(words, holders);
    const threads = roles.map((role, thread) => () => {
      const heap = new ModelObjects(words, thread);
      role(heap, () => {
        const ledger = new Ledger(heap);
        heap.publishLedger(ledger.address);
        return ledger;
      });
    });
    const heir = (): string => {
      const heap = new ModelObjects(words, roles.length);
      const ending = words.join(mortal!);
      const ledger = heap.ledgerOf(mortal!);
      if (ledger !== 0) settle(heap, ledger);
      return ending;
    };
    return {
      threads: mortal === undefined ? threads : [...threads, heir],
      atEnd: (results: readonly unknown[]) => {
        const heap = new ModelObjects(words, roles.length + 1);
        drop(heap, () => assert.fail("drops only"));
        const freed = words.load(FREED);
        if (results.at(-1) === "killed") assert.ok(freed <= 1, `freed ${freed} times`);
        else assert.equal(freed, 1, `freed ${freed} times`);
      },
    };
  };
}

function report(context: TestContext, { schedules, states, complete }: CheckResult): void {
  context.diagnostic(`${schedules} schedules, ${states} states${complete ? ", all there are" : ""}`);
}

function finding(story: Story, options: CheckOptions = {}): string {
  try {
    check(life(story), options);
  } catch (error) {
    if (error instanceof ModelFailure) return error.kind;
    throw error;
  }
  return "nothing";
}

describe("a shared object, every interleaving", () => {
  test("is freed once, by the last of three that let go, and never under the hands of one", (context) => {
    report(context, check(life({ roles: [hold, hold, hold], holders: 3 })));
  });

  test("outlives its sender in a message, and goes when that was read, or dropped", (context) => {
    report(context, check(life({ roles: [send, receive], holders: 1 })));
    report(context, check(life({ roles: [send, drop, hold], holders: 2 }), { preemptions: 4 }));
  });

  test("is not freed twice, nor while it is held, whenever a holder is killed", (context) => {
    for (const [mortal, roles] of [
      [0, [hold, hold]],
      [0, [send, receive]],
      [1, [send, receive]],
    ] as const) {
      const holders = roles[1] === hold ? 2 : 1;
      report(context, check(life({ roles, holders, mortal }), { mortal: [mortal], preemptions: 3 }));
    }
  });
});

describe("a shared object with a planted bug", () => {
  test("is found: a reader that lets the message go before it has a handle", () => {
    const hasty: Role = (heap, ledger) => {
      const own = ledger();
      const message = heap.exchange(MAILBOX, 0);
      if (message === 0) return;
      giveUpListed(heap, message);
      const entry = own.take(CLAIM);
      heap.use();
      own.giveUp(entry);
    };
    assert.notEqual(finding({ roles: [send, hasty], holders: 1 }), "nothing");
  });

  test("is found: a sender that lets go before the message holds", () => {
    const hasty: Role = (heap, ledger) => {
      const own = ledger();
      const entry = own.note(CLAIM);
      heap.poke(MESSAGE, 1);
      heap.poke(MESSAGE + 4, CLAIM);
      heap.store(MAILBOX, MESSAGE);
      own.giveUp(entry);
      takeClaim(heap, CLAIM);
    };
    assert.notEqual(finding({ roles: [hasty, receive], holders: 1 }), "nothing");
  });

  test("is found: a claim that is given up before it is struck out, by one who then dies", () => {
    const untidy: Role = (heap, ledger) => {
      const own = ledger();
      own.note(CLAIM);
      heap.use();
      giveUpClaim(heap, CLAIM);
      heap.store(own.address + 8, 0);
    };
    assert.notEqual(finding({ roles: [untidy, hold], holders: 2, mortal: 0 }, { mortal: [0] }), "nothing");
  });

  test("is found: a holder whose ledger is settled while it lives", () => {
    const impatient: Role = (heap) => {
      const ledger = heap.ledgerOf(0);
      if (ledger !== 0) settleLedger(heap, ledger);
    };
    assert.notEqual(finding({ roles: [hold, impatient, hold], holders: 2 }), "nothing");
  });
});
