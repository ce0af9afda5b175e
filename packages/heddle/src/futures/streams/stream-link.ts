/**
 * The owner's side of the streams that its workers send.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { NotLoadedError } from "../../wire/index.ts";
import type { Call } from "../pool/call.ts";
import type { Calls } from "../pool/calls.ts";
import { fulfil, Future, onDone, outcomeOf } from "../future.ts";
import type { Crew } from "../pool/crew.ts";
import type { Payloads } from "../board/payload.ts";
import { CLAIMS, FLAGS, FLOW, PARCEL, SIDE_ITEMS } from "../board/slot.ts";
import { dropStored, type SentBatch, takeBatch } from "./stream-batch.ts";
import { StreamBuffer, type StreamEnd, type StreamOrigin } from "./stream-buffer.ts";
import { DEFAULT_BUFFER, OwnerFlow } from "./stream-flow.ts";
import type { StreamWatch } from "./stream-watch.ts";
import { taskStream } from "./task-stream.ts";

/** What streams need of their executor. */
export interface StreamOwner {
  /** Somebody waits for what comes next of a stream; or nobody does any more. */
  streamAwaited(call: Call, isAwaited: boolean): void;
}

/**
 * One stream. From its first batch on the future of its call is another one, which settles when the function has ended.
 *
 * - L1: the flow word is written only while the call is under way: afterwards the slot is another's.
 * - L2: a batch is acknowledged in any case, or the worker could not finish the call.
 */
export class StreamLink implements StreamOrigin {
  readonly buffer: StreamBuffer = new StreamBuffer(this);
  readonly #call: Call;
  readonly #owner: StreamOwner;
  readonly #flow: OwnerFlow;
  #isOpen = true;

  constructor(heap: Heap, call: Call, capacity: number, owner: StreamOwner) {
    this.#call = call;
    this.#flow = new OwnerFlow(heap, call.address + FLOW, capacity);
    this.#owner = owner;
  }

  /** L2. */
  acknowledge(): void {
    if (this.#isOpen) this.#flow.acknowledge();
  }

  /** L1. The call is over. */
  close(): void {
    this.#isOpen = false;
  }

  /** Nobody waits for the end of the call any more, which may still be under way. */
  settled(end: Future<unknown>): void {
    this.buffer.end(endOf(end));
    // L2.
    this.setAwaited(true);
  }

  wasRead(): void {
    if (this.#flow.noteRead() && this.#isOpen) this.#flow.grant();
  }

  setAwaited(isAwaited: boolean): void {
    if (this.#isOpen) this.#owner.streamAwaited(this.#call, isAwaited);
  }

  leave(): void {
    if (this.#isOpen) this.#flow.leave();
  }
}

/** The streams of one executor. */
export class StreamLinks {
  readonly #heap: Heap;
  readonly #payloads: Payloads;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #watch: StreamWatch;
  readonly #owner: StreamOwner;

  constructor(
    heap: Heap,
    payloads: Payloads,
    calls: Calls,
    crew: Crew,
    watch: StreamWatch,
    owner: StreamOwner,
  ) {
    this.#heap = heap;
    this.#payloads = payloads;
    this.#calls = calls;
    this.#crew = crew;
    this.#watch = watch;
    this.#owner = owner;
  }

  /** A batch has come. The first one is empty, and opens the stream. */
  arrived(call: Call): void {
    if (call.stream === undefined) this.#open(call);
    else this.#take(call, call.stream, this.#sideItems(call));
  }

  #sideItems(call: Call): readonly unknown[] {
    const has = (this.#heap.peek(call.address + FLAGS) & SIDE_ITEMS) !== 0;
    return has ? this.#crew.receive(call.worker, this.#heap.peek(call.address + PARCEL)) : [];
  }

  #open(call: Call): void {
    const future = call.future!;
    const link = new StreamLink(this.#heap, call, call.buffer ?? DEFAULT_BUFFER, this.#owner);
    if (future.done) {
      // Called off meanwhile.
      link.leave();
      link.acknowledge();
      return;
    }
    const end = new Future<unknown>(call);
    call.future = end;
    call.stream = link;
    this.#calls.setUnread(call, true);
    const forget = this.#watch.add(link.buffer, call.taskName);
    onDone(end, () => {
      forget();
      link.settled(end);
    });
    link.acknowledge();
    fulfil(future, taskStream(link.buffer));
  }

  #take(call: Call, link: StreamLink, items: readonly unknown[]): void {
    // Its worker has ended while a module was imported.
    if (call.stream !== link) return;
    let taken: ReturnType<typeof takeBatch> | undefined;
    try {
      const batch = this.#payloads.read(call.address, items) as SentBatch;
      if (link.buffer.isOpen) taken = takeBatch(batch, isNotLoaded);
      else dropStored({ values: batch[0], stored: batch[1] });
    } catch (error) {
      if (error instanceof NotLoadedError) {
        const again = (): void => this.#take(call, link, items);
        void error.ready.then(again, again);
        return;
      }
      taken = { values: [], fault: { error } };
    }
    if ((this.#heap.peek(call.address + FLAGS) & CLAIMS) !== 0) this.#payloads.giveUpClaims(call.address);
    link.acknowledge();
    if (taken === undefined) return;
    link.buffer.push(taken.values);
    if (taken.fault !== undefined) link.buffer.cutShort({ how: "failed", error: taken.fault.error });
  }
}

const isNotLoaded = (error: unknown): boolean => error instanceof NotLoadedError;

function endOf(future: Future<unknown>): StreamEnd {
  const outcome = outcomeOf(future);
  if (future.cancelled) return { how: "cancelled", error: outcome };
  return future.state === "rejected"
    ? { how: "failed", error: outcome }
    : { how: "returned", value: outcome };
}
