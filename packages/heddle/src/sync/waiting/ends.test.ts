import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { DoneList } from "#heap";
import { MODEL, OBJECTS, seatThreads, sitDown } from "../fixtures/model.ts";
import { Turnstile } from "../fixtures/turnstile.ts";
import { settleEnd } from "./ends.ts";
import { registerReclaim } from "./reclaims.ts";
import { ANSWER, FREE, granted, LOOK_FLAG, NONE, PHASE_MASK, STATE } from "./node.ts";
import { nodesOf } from "./nodes.ts";
import { GRANT_COUNT, INBOX, LOOK } from "./record.ts";

const OBJECT = OBJECTS;
const KIND = 4242;

function seated(count: number) {
  const heap = new ModelHeap(MODEL);
  seatThreads(heap, count);
  heap.poke(OBJECT, KIND);
  const threads = Array.from({ length: count }, (_, seat) => {
    const self = sitDown(heap, seat);
    self.waits.inbox = { add() {}, remove() {} } as never;
    return { ...self, turnstile: new Turnstile(self.monitor, OBJECT) };
  });
  const recordOf = (seat: number): number => threads[0]!.monitor.seats.recordAt(seat);
  const nodeOf = (seat: number): number => [...nodesOf(heap, recordOf(seat))][0]!;
  const kill = (seat: number): void => {
    assert.ok(threads[0]!.monitor.seats.claimEndOf(seat, 0));
    settleEnd(threads[0]!.monitor, seat);
  };
  return { heap, threads, recordOf, nodeOf, kill };
}

/** Runs something when a node is about to be put into an inbox, after its state says that it was granted. */
function betweenTheHalves<T>(heap: ModelHeap, inbox: number, run: () => T): () => T {
  const compareExchange = heap.compareExchange.bind(heap);
  let result: T | undefined;
  heap.compareExchange = (address, ...values) => {
    if (address === inbox) {
      heap.compareExchange = compareExchange;
      result = run();
    }
    return compareExchange(address, ...values);
  };
  return () => result!;
}

let reclaimed = 0;
registerReclaim(KIND, (monitor, object, node) => {
  if (monitor.read(node + ANSWER) === NONE) return;
  reclaimed++;
  new Turnstile(monitor, object).giveBack();
});

describe("settleEnd()", () => {
  test("takes the dead out of the line, and those behind are served", async () => {
    const { threads, kill } = seated(3);
    void threads[1]!.waits.promise(threads[1]!.turnstile, 0);
    const wait = threads[0]!.waits.promise(threads[0]!.turnstile, 0);
    assert.equal(threads[0]!.turnstile.waiters, 2);
    kill(1);
    assert.equal(threads[0]!.turnstile.waiters, 1);
    threads[0]!.turnstile.add(1);
    assert.equal(await wait, 1);
  });

  test("gives back what the dead was granted and has not seen", async () => {
    const { threads, nodeOf, heap, kill } = seated(2);
    reclaimed = 0;
    void threads[1]!.waits.promise(threads[1]!.turnstile, 0);
    threads[0]!.turnstile.add(1);
    assert.equal(threads[0]!.turnstile.permits, 0);
    kill(1);
    assert.equal(reclaimed, 1);
    assert.equal(threads[0]!.turnstile.permits, 1);
    assert.equal(heap.load(nodeOf(1) + STATE) & PHASE_MASK, FREE);
  });

  test("keeps what the dead has seen, though it had only looked after a thread that died while granting it", async () => {
    const { heap, threads, nodeOf, recordOf, kill } = seated(3);
    reclaimed = 0;
    const wait = threads[1]!.waits.promise(threads[1]!.turnstile, 0);
    const node = nodeOf(1);
    const waiting = heap.load(node + STATE);
    threads[2]!.turnstile.add(1);
    assert.equal(heap.load(node + STATE), granted(waiting));
    // As if the granter had died before it told the inbox.
    heap.store(recordOf(1) + INBOX, 0);
    threads[1]!.waits.look();
    assert.equal(await wait, 1);
    heap.poke(OBJECT, KIND);
    kill(1);
    assert.equal(reclaimed, 0, "given back though it was used");
    assert.equal(heap.load(node + STATE) & PHASE_MASK, FREE);
  });

  test("keeps a grant that is told too late from whoever sits there next, and uses its node again after that", async () => {
    const { heap, threads, recordOf, nodeOf, kill } = seated(3);
    const inbox = recordOf(1) + INBOX;
    void threads[1]!.waits.promise(threads[1]!.turnstile, 0);
    const late = nodeOf(1);
    const next = betweenTheHalves(heap, inbox, () => {
      kill(1);
      const { monitor, nodes, waits } = sitDown(heap, 1);
      waits.inbox = { add() {}, remove() {} } as never;
      const turnstile = new Turnstile(monitor, OBJECT);
      const first = waits.promise(turnstile, 0);
      return { nodes, waits, first, second: waits.promise(turnstile, 0) };
    });
    threads[2]!.turnstile.add(1);
    const { nodes, waits, first, second } = next();
    const empty = (): void => {
      const list = new DoneList(heap, inbox);
      for (let node = list.takeAll(); node !== 0;) {
        const after = heap.peek(node) >>> 0;
        waits.granted(node);
        node = after;
      }
    };
    assert.equal(await first, 1);
    empty();
    assert.equal(threads[0]!.turnstile.waiters, 1);
    threads[0]!.turnstile.add(5);
    empty();
    assert.equal(await second, 5);
    const taken = [0, 1, 2].map(() => nodes.take({ object: OBJECT, want: 0, isAsync: true, group: 0 }));
    assert.equal(taken.filter((node) => node === late).length, 1);
  });

  test("tells all others to look: those who are blocked by a flag, those who are not in their inbox", () => {
    const { heap, threads, recordOf, kill } = seated(3);
    const blocked = threads[0]!;
    const node = blocked.nodes.take({ object: OBJECT, want: 0, isAsync: false, group: 0 });
    kill(1);
    assert.equal(heap.load(node + STATE) & LOOK_FLAG, LOOK_FLAG);
    assert.deepEqual(
      [0, 1, 2].map((seat) => heap.load(recordOf(seat) + LOOK)),
      [1, 0, 1],
    );
    assert.ok(!threads[0]!.monitor.seats.isSeated(threads[1]!.monitor.identity));
  });

  test("can be done twice, and by another after one who died at it", () => {
    const { heap, threads, recordOf } = seated(3);
    reclaimed = 0;
    void threads[1]!.waits.promise(threads[1]!.turnstile, 0);
    threads[0]!.turnstile.add(1);
    const { monitor } = threads[0]!;
    assert.ok(monitor.seats.claimEndOf(1, 2));
    settleEnd(threads[2]!.monitor, 1);
    settleEnd(monitor, 1);
    assert.equal(reclaimed, 1);
    assert.equal(threads[0]!.turnstile.permits, 1);
    assert.equal(heap.load(recordOf(1) + GRANT_COUNT), 0);
  });

  test("does nothing for a seat that has no record", () => {
    const { threads } = seated(2);
    threads[0]!.monitor.seats.setRecord(1, 0);
    settleEnd(threads[0]!.monitor, 1);
    assert.equal(threads[0]!.monitor.seats.identityAt(1), 0);
  });
});
