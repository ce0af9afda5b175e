/**
 * The floor of dispatch: one spinning thread and two words of shared memory, on bare `Atomics`, with a port for buffers. How fast a
 * task and its promise can be on this machine. No functions, errors, kinds of value, sleep, cancellation, or answers out of order.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { SampleRecord } from "../work.ts";
import { Answer } from "./bare-ring/answer.ts";
import {
  DONE,
  layOut,
  type Lanes,
  method,
  RECORDS,
  SENT,
  SLOTS,
  type ThreadData,
} from "./bare-ring/layout.ts";
import { readRecord, writeRecord } from "./bare-ring/record.ts";
import { type BenchPool, CannotError, type OpenOptions } from "./pool.ts";

/** Looks in one turn of the event loop, before others get theirs. */
const LOOKS = 4096;

class Caller {
  readonly #lanes: Lanes;
  readonly #port: MessagePort;
  readonly #givesFutures: boolean;
  readonly #resolvers: ((value: never) => void)[] = new Array(SLOTS).fill(undefined) as never[];
  readonly #read: (slot: number) => unknown;
  #sent = 0;
  #done = 0;
  #isLooking = false;
  readonly #look = (): void => this.#lookForAnswers();

  constructor(lanes: Lanes, port: MessagePort, givesFutures: boolean) {
    this.#lanes = lanes;
    this.#port = port;
    this.#givesFutures = givesFutures;
    const { a, methods, records } = lanes;
    this.#read = (slot) => {
      if (methods[slot] === method.echo) return readRecord(records, slot & (RECORDS - 1));
      return methods[slot]! < method.copy ? a[slot] : receiveMessageOnPort(port)!.message;
    };
  }

  /** The buffer goes there through the port, and the ring says so: both sides look at the ring only, and for one call at a time. */
  move<T>(what: number, buffer: ArrayBuffer): PromiseLike<T> {
    this.#port.postMessage(buffer, [buffer]);
    return this.call(what, 0, 0);
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
  const { shared, lanes } = layOut();
  const { port1, port2: port } = new MessageChannel();
  const workerData: ThreadData = { shared, port };
  const thread = new Worker(new URL("./bare-ring/thread.ts", import.meta.url), {
    workerData,
    transferList: [port],
  });
  const caller = new Caller(lanes, port1, settings["futures"] === true);
  const cannot = (): never => {
    throw new CannotError("a bare ring knows five kinds of task");
  };
  return {
    add: (a, b) => caller.call(method.add, a, b),
    echo: (record) => caller.call(method.echo, 0, 0, record),
    turn: (value) => caller.call(method.turn, value, 0),
    send: cannot,
    copy: (buffer) => caller.move(method.copy, buffer.slice(0)),
    move: (buffer) => caller.move(method.move, buffer),
    burn: cannot,
    job: cannot,
    startTicking: cannot,
    map: cannot,
    close: async () => {
      port1.close();
      await thread.terminate();
    },
  };
}
