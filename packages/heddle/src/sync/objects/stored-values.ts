/**
 * Values that are kept in the heap by one thread, and taken by another, later: what queues and the like are made of.
 *
 * ```text
 * bytes  name     values                                                 written by
 * 0      length   how many bytes the message has                         who stores, before anybody has the address
 * 4      claims   how far from here its list of claims is; 0: it has none   the same
 * 8      message  a message of the wire format                           the same
 * …      list     see cargo.ts, at a multiple of 4                       the same
 *
 *              store                      take, drop (whoever has the address alone)
 * no block ───────────▶ written, claims taken ───────────▶ read or not, claims given up ──▶ no block
 *                               ▲ │ take, but a module is not loaded yet
 *                               └─┘
 * ```
 *
 * - S1: a block belongs to whoever has its address: its maker, then what he puts it in, then who takes it out.
 * - S2: what the message refers to is claimed by the block until the taker has handles and functions of his own. Shared
 *   memory is kept for it by the thread that stored it, and lost with that.
 *
 * @packageDocumentation
 */
import { type Heap, type JoinedHeap, threadHeap } from "#heap";
import { codec, type FunctionTable, functionTableIn } from "../../portable/index.ts";
import {
  blockingForBuffers,
  type Decoder,
  type Encoder,
  hearOfSharedBuffers,
  NotLoadedError,
  type Region,
  undoMove,
} from "../../wire/index.ts";
import { KeptBuffers } from "./kept-buffers.ts";
import { Cargo, giveUpListed, listBytes, takeListed } from "./cargo.ts";

const LENGTH = 0;
const CLAIMS = 4;
const MESSAGE = 8;

/** Messages of up to so many bytes need no more room than the smallest blocks have. */
const SMALL_BYTES = 56;
/** The block that the next message is written into is kept, up to this size, when a message turns out much smaller. */
const KEPT_BYTES = 16384;

/** One thread's way of storing and taking values. */
export class StoredValues {
  readonly #heap: Heap;
  readonly #table: FunctionTable;
  readonly #decoder: Decoder;
  /** More than one only while a getter of a value that is being stored stores another. */
  readonly #writers: StoredWriter[] = [];
  /** What the value that was last stored for now is to move, if anything. */
  moving: readonly ArrayBuffer[] | undefined = undefined;

  constructor(heap: Heap, table: FunctionTable) {
    // What is taken was stored before: if this thread listens from now on, it can know the shared memory in it. None is in a heap that
    // processes share.
    if (!table.leavesProcess) hearOfSharedBuffers();
    this.#heap = heap;
    this.#table = table;
    this.#decoder = new (codec().Decoder)(table);
  }

  /**
   * Keeps a value in the heap. What `transfer()` marked in it is moved there: its length is 0 afterwards.
   *
   * @param path - What the value is called in errors, such as "item".
   * @returns The address of a block, for {@link take} or {@link drop}, once, in any thread.
   * @throws `WireError`, `PortabilityError` when something in it cannot travel, or not without somebody at the other end,
   * and `HeapFullError`. Nothing was stored or moved then.
   */
  store(value: unknown, path: string): number {
    return this.#write(value, path, false);
  }

  /**
   * As `store`, for a value that may have to be handed back: what `transfer()` marked in it is copied, not moved yet.
   * {@link moving} lists it, for `endMove` or else `undoMove`.
   */
  storeForNow(value: unknown, path: string): number {
    return this.#write(value, path, true);
  }

  /**
   * Takes a value out of the heap, and frees its block.
   *
   * @throws `NotLoadedError` when a module has to be imported first: await it and take again. What else it throws says
   * that the value cannot be had in this thread. The block stays in either case.
   */
  take(address: number): unknown {
    const value = this.read(address);
    this.drop(address);
    return value;
  }

  /** As `take`, and leaves the value where it is: each call, in any thread, gives another one. */
  read(address: number): unknown {
    const start = address + MESSAGE;
    const end = start + this.#heap.peek(address + LENGTH);
    return this.#decoder.decode(this.#heap.bytesTo(end), start, end, NO_ITEMS);
  }

  /** As `take`, after the modules that it needs have been imported. */
  async takeAsync(address: number): Promise<unknown> {
    const value = await this.readAsync(address);
    this.drop(address);
    return value;
  }

  /** As `read`, after the modules that the value needs have been imported. */
  async readAsync(address: number): Promise<unknown> {
    for (;;) {
      try {
        return this.read(address);
      } catch (error) {
        if (!(error instanceof NotLoadedError)) throw error;
        await error.ready;
      }
    }
  }

  /**
   * As `take`, in a thread that blocks: modules are loaded on the spot, and shared memory that this thread has not heard of
   * is waited for.
   *
   * @throws `NotLoadedError`, which says so, when a module can only be imported while the thread does not block, or when the
   * thread that has the shared memory does not answer for two seconds.
   */
  takeSync(address: number): unknown {
    const value = this.readSync(address);
    this.drop(address);
    return value;
  }

  /** As `takeSync`, and leaves the value where it is. */
  readSync(address: number): unknown {
    const table = this.#table;
    const read = (): unknown => this.read(address);
    return table.loadingAtOnce(() => (table.leavesProcess ? read() : blockingForBuffers(read)));
  }

  #write(value: unknown, path: string, isForNow: boolean): number {
    const writer = this.#writers.pop() ?? new StoredWriter(this.#heap, this.#table);
    try {
      const address = writer.store(value, path, isForNow);
      this.moving = writer.moving;
      return address;
    } finally {
      this.#writers.push(writer);
    }
  }

  /** Frees the block of a value that nobody will take. */
  drop(address: number): void {
    const heap = this.#heap;
    const claims = heap.peek(address + CLAIMS);
    if (claims !== 0) giveUpListed(heap, address + claims);
    heap.free(address);
  }
}

const NO_ITEMS: readonly unknown[] = [];

/** Writes messages into blocks: straight into the one that will be handed over, if it can tell how big that must be. */
class StoredWriter {
  readonly #heap: Heap;
  readonly #cargo: Cargo;
  readonly #kept: KeptBuffers;
  readonly #encoder: Encoder;
  readonly #region: Region;
  /** Where the next message is written; 0 for none. */
  #block = 0;
  /** How many bytes the next message will probably need. */
  #guess = SMALL_BYTES;
  /** Copied, and not moved yet. */
  moving: readonly ArrayBuffer[] | undefined = undefined;

  constructor(heap: Heap, table: FunctionTable) {
    this.#heap = heap;
    this.#cargo = new Cargo(table);
    this.#kept = new KeptBuffers(heap);
    this.#encoder = new (codec().Encoder)(this.#cargo.hooks, (used, needed) => this.#grow(used, needed), {
      isAlone: true,
    });
    this.#region = { bytes: heap.bytes, start: 0, end: 0 };
  }

  store(value: unknown, path: string, isForNow: boolean): number {
    this.moving = undefined;
    if (this.#block === 0) this.#begin(this.#guess);
    try {
      const used = MESSAGE + this.#encoder.encode(value, this.#region, path);
      return this.#cargo.isEmpty && this.#encoder.transferList.length === 0
        ? this.#finish(this.#fit(used, used), used, 0)
        : this.#storeWithCargo(used, isForNow);
    } catch (error) {
      this.#cargo.clear();
      if (this.#capacity > KEPT_BYTES) this.#letGo();
      throw error;
    }
  }

  /** All that can fail comes first, so that it leaves nothing behind. */
  #storeWithCargo(used: number, isForNow: boolean): number {
    const heap = this.#heap;
    const claims = this.#cargo.claims();
    if (this.#cargo.buffers.length > 0) claims.add(this.#kept.keep(this.#cargo.buffers));
    const list = claims.size === 0 ? 0 : (used + 3) & ~3;
    const block = this.#fit(used, list === 0 ? used : list + listBytes(claims));
    try {
      const { transferList } = this.#encoder;
      if (transferList.length > 0) {
        const buffers = [...transferList] as ArrayBuffer[];
        if (isForNow) this.moving = buffers;
        else detach(buffers);
      }
    } catch (error) {
      heap.free(block);
      throw error;
    }
    // S2.
    if (list !== 0) takeListed(heap, block + list, claims);
    this.#cargo.clear();
    return this.#finish(block, used, list);
  }

  #finish(block: number, used: number, list: number): number {
    this.#heap.poke(block + LENGTH, used - MESSAGE);
    this.#heap.poke(block + CLAIMS, list);
    return block;
  }

  get #capacity(): number {
    return this.#region.end - this.#block;
  }

  /**
   * A block of its own for the message that was just written.
   *
   * @param used - How much of the present block is written.
   * @param size - How much the message will need.
   */
  #fit(used: number, size: number): number {
    const block = this.#block;
    const capacity = this.#capacity;
    this.#guess = Math.min(KEPT_BYTES, Math.max(size, this.#guess - (this.#guess >> 3)));
    if (size <= capacity && (2 * size > capacity || capacity <= SMALL_BYTES)) {
      this.#block = 0;
      return block;
    }
    const heap = this.#heap;
    const exact = heap.allocate(size);
    heap.bytesTo(Math.max(exact, block) + size).copyWithin(exact, block, block + used);
    if (capacity > KEPT_BYTES) this.#letGo();
    return exact;
  }

  #begin(size: number): void {
    const heap = this.#heap;
    const block = heap.allocate(size);
    this.#use(block, heap.bytesTo(block + heap.blockSize(block)));
  }

  #use(block: number, bytes: Uint8Array): void {
    this.#block = block;
    this.#region.bytes = bytes;
    this.#region.start = block + MESSAGE;
    this.#region.end = block + this.#heap.blockSize(block);
  }

  #grow(used: number, needed: number): Region {
    const heap = this.#heap;
    const before = this.#block;
    const block = heap.allocate(MESSAGE + needed);
    // A block that another thread freed may lie beyond what this one has seen of the heap.
    const bytes = heap.bytesTo(block + heap.blockSize(block));
    bytes.copyWithin(block + MESSAGE, before + MESSAGE, before + MESSAGE + used);
    this.#use(block, bytes);
    heap.free(before);
    return this.#region;
  }

  #letGo(): void {
    this.#heap.free(this.#block);
    this.#block = 0;
    this.#region.end = 0;
  }
}

/** Takes the memory of buffers from this thread: it was copied. If that fails, they keep it, and their marks. */
function detach(buffers: readonly ArrayBuffer[]): void {
  try {
    structuredClone(undefined, { transfer: buffers as ArrayBuffer[] });
  } catch (error) {
    undoMove(buffers);
    throw error;
  }
}

const stored = new WeakMap<Heap, StoredValues>();

/** This thread's stored values in a heap that it has joined. */
export function storedValuesIn(heap: Heap): StoredValues {
  let found = stored.get(heap);
  if (found === undefined) {
    found = new StoredValues(heap, functionTableIn(heap as JoinedHeap));
    stored.set(heap, found);
  }
  return found;
}

/** This thread's stored values in the heap that the threads of the process share. */
export function storedValues(): StoredValues {
  return storedValuesIn(threadHeap());
}
