/**
 * The floor of dispatch: one spinning thread and two words of shared memory, on bare `Atomics`. How fast a task and its promise can
 * be on this machine. No functions, errors, kinds of value, sleep, cancellation, or answers out of order.
 */
import { Worker } from "node:worker_threads";
import type { SampleRecord } from "../work.ts";
import {
  DONE,
  layOut,
  type Lanes,
  method,
  RECORDS,
  type RingMemory,
  SENT,
  SLOTS,
} from "./bare-ring/layout.ts";
import { readRecord, writeRecord } from "./bare-ring/record.ts";
import { type BenchPool, CannotError, type OpenOptions } from "./pool.ts";

/** Looks in one turn of the event loop, before others get theirs. */
const LOOKS = 4096;

class Caller {
  readonly #lanes: Lanes;
  readonly #resolvers: ((value: never) => void)[] = new Array(SLOTS).fill(undefined) as never[];
  readonly #read: (slot: number) => unknown;
  #sent = 0;
  #done = 0;
  #isLooking = false;
  readonly #look = (): void => this.#lookForAnswers();

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
    const { a, methods, records } = lanes;
    this.#read = (slot) =>
      methods[slot] === method.echo ? readRecord(records, slot & (RECORDS - 1)) : a[slot];
  }

  call<T>(what: number, a: number, b: number, record?: SampleRecord): Promise<T> {
    return new Promise<T>((resolve) => {
      const lanes = this.#lanes;
      const slot = this.#sent & (SLOTS - 1);
      this.#resolvers[slot] = resolve;
      lanes.methods[slot] = what;
      lanes.a[slot] = a;
      lanes.b[slot] = b;
      if (record !== undefined) writeRecord(lanes.records, slot & (RECORDS - 1), record);
      this.#sent = (this.#sent + 1) | 0;
      Atomics.store(lanes.words, SENT, this.#sent);
      if (this.#isLooking) return;
      this.#isLooking = true;
      queueMicrotask(this.#look);
    });
  }

  #lookForAnswers(): void {
    const { words } = this.#lanes;
    for (let looks = 0; looks < LOOKS; looks++) {
      const done = Atomics.load(words, DONE);
      if (done === this.#done) continue;
      for (; this.#done !== done; this.#done = (this.#done + 1) | 0) {
        const slot = this.#done & (SLOTS - 1);
        this.#resolvers[slot]!(this.#read(slot) as never);
      }
      break;
    }
    this.#isLooking = this.#done !== this.#sent;
    if (this.#isLooking) setImmediate(this.#look);
    else queueMicrotask(() => {});
  }
}

export async function open({ workers }: OpenOptions): Promise<BenchPool> {
  if (workers !== 1) throw new CannotError("a bare ring has one worker");
  const memory: RingMemory = layOut();
  const thread = new Worker(new URL("./bare-ring/thread.ts", import.meta.url), { workerData: memory.shared });
  const caller = new Caller(memory.lanes);
  const cannot = (): never => {
    throw new CannotError("a bare ring knows three kinds of task");
  };
  return {
    add: (a, b) => caller.call(method.add, a, b),
    echo: (record) => caller.call(method.echo, 0, 0, record),
    turn: (value) => caller.call(method.turn, value, 0),
    send: cannot,
    copy: cannot,
    move: cannot,
    burn: cannot,
    job: cannot,
    startTicking: cannot,
    map: cannot,
    close: async () => {
      await thread.terminate();
    },
  };
}
