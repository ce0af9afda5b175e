/** The thread of a bare ring: looks for calls without end. */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { add, echo, turn } from "../../work.ts";
import { DONE, lanesOf, method, RECORDS, SENT, SLOTS, type ThreadData } from "./layout.ts";
import { readRecord, writeRecord } from "./record.ts";

const { shared, port } = workerData as ThreadData;
const { words, methods, a, b, records } = lanesOf(shared);
/** Looks in one turn of the event loop. */
const LOOKS = 4096;
let taken = 0;
let done = 0;

function finish(): void {
  done = (done + 1) | 0;
  Atomics.store(words, DONE, done);
}

function run(slot: number): void {
  if (methods[slot] === method.add) a[slot] = add(a[slot]!, b[slot]!);
  else if (methods[slot] === method.echo) {
    const at = slot & (RECORDS - 1);
    writeRecord(records, at, echo(readRecord(records, at)));
  } else if (methods[slot] === method.turn) return void turn(a[slot]!).then(finish);
  else {
    const buffer = (receiveMessageOnPort(port) as { message: ArrayBuffer }).message;
    const answer = methods[slot] === method.copy ? buffer.slice(0) : buffer;
    port.postMessage(answer, [answer]);
  }
  finish();
}

function serve(): void {
  for (let looks = 0; looks < LOOKS && taken === done; looks++) {
    const sent = Atomics.load(words, SENT);
    for (; taken !== sent; taken = (taken + 1) | 0) run(taken & (SLOTS - 1));
  }
  const sent = Atomics.load(words, SENT);
  for (; taken !== sent; taken = (taken + 1) | 0) run(taken & (SLOTS - 1));
  setImmediate(serve);
}

serve();
