/**
 * The floor of dispatch: one spinning thread and two words of shared memory, on bare `Atomics`. How fast a task and its promise can
 * be on this machine. No functions, errors, kinds of value, sleep, cancellation, or answers out of order.
 */
import { Worker } from "node:worker_threads";
import type { SampleRecord } from "../work.ts";
import { Answer } from "./bare-ring/answer.ts";
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
  readonly #givesFutures: boolean;
  readonly #resolvers: ((value: never) => void)[] = new Array(SLOTS).fill(undefined) as never[];
  readonly #read: (slot: number) => unknown;
  #sent = 0;
  #done = 0;
  #isLooking = false;
  readonly #look = (): void => this.#lookForAnswers();

  constructor(lanes: Lanes, givesFutures: boolean) {
    this.#lanes = lanes;
    this.#givesFutures = givesFutures;
    const { a, methods, records } = lanes;
    this.#read = (slot) =>
      methods[slot] === method.echo ? readRecord(records, slot & (RECORDS - 1)) : a[slot];
  }

  call<T>(what: number, a: number, b: number, record?: SampleRecord): PromiseLike<T> {
    if (!this.#givesFutures) return new Promise<T>((resolve) => this.#send(what, a, b, record, resolve));
    const answer = new Answer<T>();
    this.#send(what, a, b, record, (value) => answer.settle(value));
    return answer;
  }

  #send(
    what: number,
    a: number,
    b: number,
    record: SampleRecord | undefined,
    resolve: (value: never) => void,
  ): void {
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
    // Who awaits a future asks it in a microtask of its own, which is before this one.
    queueMicrotask(this.#givesFutures ? () => queueMicrotask(this.#look) : this.#look);
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

export async function open({ workers, settings }: OpenOptions): Promise<BenchPool> {
  if (workers !== 1) throw new CannotError("a bare ring has one worker");
  const memory: RingMemory = layOut();
  const thread = new Worker(new URL("./bare-ring/thread.ts", import.meta.url), { workerData: memory.shared });
  const caller = new Caller(memory.lanes, settings["futures"] === true);
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
