/**
 * One thread's functions in other threads, and theirs in it.
 *
 * @packageDocumentation
 */
import { HeapFullError, SharedHeap, TimeoutError, type Heap, type Ledger } from "#heap";
import {
  CorruptMessageError,
  NotLoadedError,
  SharedShapes,
  WireError,
  type FunctionRecord,
  type WireHooks,
} from "../wire/index.ts";
import { PortabilityError } from "./errors.ts";
import { announceEntry } from "./named/modules.ts";
import { declareEverywhere } from "./named/declared.ts";
import { publishing } from "./publishing-later.ts";
import { RecordParcels } from "./record-parcels.ts";
import type { PlainFunctions, PlainName } from "./plain/index.ts";
import { type HeapRecord, RecordStore } from "./records.ts";
import { Revivals } from "./revive/revive.ts";
import { Sources } from "./publish/sources.ts";
import { Twins } from "./publish/twins.ts";

// Where the toolkit is part of a bundle, its classes are no exports of a module that a worker could import; and a
// minifier leaves the names of properties alone, but not those of classes.
const classes = {
  CorruptMessageError,
  HeapFullError,
  NotLoadedError,
  PortabilityError,
  TimeoutError,
  WireError,
};
for (const [name, cls] of Object.entries(classes)) declareEverywhere(name, cls);

/** The path of what is to run, which nobody compares with what comes back. */
const TO_RUN = "fn";

/** What a {@link FunctionTable} holds. */
export interface FunctionTableStatistics {
  /** Records of functions of this thread. */
  readonly published: number;
  /** Functions and captured values of other threads that are in use here. */
  readonly revived: number;
}

/** Publishes this thread's functions into the heap, and brings those of other threads to life. */
export class FunctionTable implements WireHooks {
  readonly heap: Heap;
  readonly leavesProcess: boolean;
  readonly shapes: SharedShapes;
  readonly #store: RecordStore;
  readonly #sources: Sources;
  readonly #revivals: Revivals;
  readonly #twins = new Twins();
  /** Its records by value, for other processes. */
  readonly parcels: RecordParcels;

  /** @param ledger - Where the claims of the thread are written down. */
  constructor(heap: Heap, ledger: Ledger) {
    this.heap = heap;
    this.leavesProcess = heap instanceof SharedHeap;
    if (!this.leavesProcess) announceEntry();
    this.shapes = new SharedShapes(heap);
    this.#store = new RecordStore(heap, ledger, (serial) => {
      this.#sources.forget(serial);
      this.#revivals.forget(serial);
    });
    this.#sources = new Sources(heap, this.#store);
    this.parcels = new RecordParcels(heap, this.#store);
    this.#revivals = new Revivals(heap, this.#store, this.#sources);
  }

  /**
   * The record of `fn`, as it is now.
   *
   * Hold the record itself, not only its numbers, until the other thread has answered: the heap keeps it as long
   * as somebody does.
   *
   * @param path - Where the function stands in what is sent; "fn" for what is to run.
   * @throws `PortabilityError` when `fn`, or something that it uses, cannot travel. Nothing is published then.
   *
   * @remarks
   * Cost: one look-up for a function that captures nothing that can change, from its second publication on;
   * otherwise captured objects are encoded and compared, and variables that are assigned somewhere are read again
   * (40 µs). The first publication takes about 1 ms.
   */
  publishFunction(fn: Function, path: string): FunctionRecord {
    return (
      this.#sources.settled(fn) ??
      (path === TO_RUN ? this.#twins.recordOf(fn) : undefined) ??
      this.#publish(fn, path)
    );
  }

  /**
   * The record of a class, one instance of which is to travel as its fields.
   *
   * @throws `PortabilityError` when instances hold private names as well: no other code can give them those.
   */
  publishClass(cls: Function, path: string): FunctionRecord {
    publishing().checkInstances(cls, path);
    return this.publishFunction(cls, path);
  }

  /**
   * The function that a record describes: this thread's own if it came from here.
   *
   * @throws `NotLoadedError` while a module that it needs is being imported: await it, and ask again.
   * @throws `CorruptMessageError` when the record is gone.
   */
  resolveFunction(address: number, serial: number): Function {
    return this.#revivals.resolve(address, serial);
  }

  /**
   * What `fn` is, as it is now, if that is no more than text, data and what every thread has under one name: for {@link Rebuilt}.
   *
   * @param path - As for {@link publishFunction}, which throws the same.
   * @returns `undefined` if it is more. Whether the data is plain is for the caller to see.
   */
  describePlainly(fn: Function, path: string): PlainFunctions | undefined {
    return publishing().describePlainly(this.heap, this.#store, this.publishFunction(fn, path) as HeapRecord);
  }

  /** Notes what this thread has made of a record without reading it. */
  adopt(name: PlainName, thing: unknown): void {
    this.#revivals.adopt(name, thing);
  }

  /** Runs `body`, in which functions are resolved without waiting: modules that they need are loaded on the spot. */
  loadingAtOnce<R>(body: () => R): R {
    return this.#revivals.loadingAtOnce(body);
  }

  /** How many functions of this thread are known by their records, and how many of other threads live here. */
  statistics(): FunctionTableStatistics {
    return { published: this.#sources.publishedCount, revived: this.#revivals.revivedCount };
  }

  #publish(fn: Function, path: string): FunctionRecord {
    const scratch = this.#sources.scratches.take();
    try {
      const node = this.#sources.functionNode(fn);
      const record = new (publishing().Round)(this.heap, this.#store, this.#sources, scratch).publish(node);
      if (path === TO_RUN && node.isSettled) this.#twins.add(node);
      return record;
    } catch (error) {
      throw error instanceof PortabilityError && path !== TO_RUN ? error.toldOf({ path }) : error;
    } finally {
      this.#sources.scratches.giveBack(scratch);
    }
  }
}
