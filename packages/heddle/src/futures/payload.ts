/**
 * Puts values into slots and takes them out: in the slot itself when they are short, else in a block of the heap
 * that the slot points to.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { Decoder, Encoder, type FunctionRecord, type Region, type WireHooks } from "../wire/index.ts";
import { CAPACITY, INLINE, INLINE_BYTES, LENGTH, PAYLOAD } from "./slot.ts";

/** What a port must carry beside a message. */
export interface SideItems {
  readonly items: readonly unknown[];
  readonly transferList: readonly Transferable[];
}

type Transferable = Encoder["transferList"][number];

/** From this size on a port moves a copy of a buffer faster than the heap takes one in and gives another out. */
const COPY_ASIDE_BYTES = 128 * 1024;

/** One thread's reader and writer of slots. */
export class Payloads {
  readonly #heap: Heap;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #region: Region;
  #slot = 0;
  #writing = false;
  /** Of the functions in the last message: each lives as long as somebody has its record. */
  #records: FunctionRecord[] = [];

  constructor(heap: Heap, hooks: WireHooks) {
    this.#heap = heap;
    this.#encoder = new Encoder(
      this.#keeping(hooks),
      (used, needed) => this.#grow(used, needed),
      COPY_ASIDE_BYTES,
    );
    this.#decoder = new Decoder(hooks);
    this.#region = { bytes: heap.bytes, start: 0, end: 0 };
  }

  /** Makes a slot point at its own inline bytes. */
  reset(slot: number): void {
    this.#heap.poke(slot + PAYLOAD, (slot + INLINE) | 0);
    this.#heap.poke(slot + CAPACITY, INLINE_BYTES);
  }

  /** Frees the block of a slot, if it has one. */
  release(slot: number): void {
    const payload = this.#heap.peek(slot + PAYLOAD) >>> 0;
    if (payload === slot + INLINE) return;
    this.reset(slot);
    this.#heap.free(payload);
  }

  /**
   * Writes `value` over what the slot held.
   *
   * @returns What has to be posted as well, if anything. Valid until the next write.
   * @throws What the encoder throws. The slot holds nothing of use then, and can be written again.
   */
  write(slot: number, value: unknown, path: string): SideItems | undefined {
    return this.#write(slot, (region) => this.#encoder.encode(value, region, path));
  }

  /** As `write`, for the arguments of a call. */
  writeArguments(slot: number, args: readonly unknown[]): SideItems | undefined {
    return this.#write(slot, (region) => this.#encoder.encodeArguments(args, region));
  }

  #write(slot: number, encode: (region: Region) => number): SideItems | undefined {
    if (this.#writing) {
      throw new Error(
        "Cannot submit a call while another is being sent: a getter among its arguments does so; read it before",
      );
    }
    const heap = this.#heap;
    const region = this.#region;
    this.#slot = slot;
    region.start = heap.peek(slot + PAYLOAD) >>> 0;
    region.end = region.start + heap.peek(slot + CAPACITY);
    region.bytes = heap.bytesTo(region.end);
    this.#writing = true;
    try {
      heap.poke(slot + LENGTH, encode(region));
    } finally {
      this.#writing = false;
    }
    const { sideItems: items, transferList } = this.#encoder;
    return items.length === 0 ? undefined : { items, transferList };
  }

  /** The records of the functions in the message that was just written. Whoever sent it keeps them until it has been read. */
  takeRecords(): readonly FunctionRecord[] {
    const records = this.#records;
    if (records.length > 0) this.#records = [];
    return records;
  }

  #keeping(hooks: WireHooks): WireHooks {
    const keep = (record: FunctionRecord): FunctionRecord => {
      this.#records.push(record);
      return record;
    };
    return {
      publishFunction: (fn, path) => keep(hooks.publishFunction(fn, path)),
      publishClass: (cls, path) => keep(hooks.publishClass?.(cls, path) ?? hooks.publishFunction(cls, path)),
      resolveFunction: (address, serial) => hooks.resolveFunction(address, serial),
    };
  }

  /** Gives the value that a slot holds. What the decoder throws, `NotLoadedError` among it, leaves the slot as it is. */
  read(slot: number, sideItems: readonly unknown[]): unknown {
    const heap = this.#heap;
    const start = heap.peek(slot + PAYLOAD) >>> 0;
    const end = start + heap.peek(slot + LENGTH);
    return this.#decoder.decode(heap.bytesTo(end), start, end, sideItems);
  }

  /** A bigger block for the message that is being written. */
  #grow(used: number, needed: number): Region {
    const heap = this.#heap;
    const slot = this.#slot;
    const capacity = Math.max(needed, 2 * heap.peek(slot + CAPACITY));
    const block = heap.allocate(capacity);
    const region = this.#region;
    const end = block + heap.blockSize(block);
    // A block that another thread freed may lie beyond what this one has seen of the heap.
    const bytes = heap.bytesTo(end);
    bytes.copyWithin(block, region.start, region.start + used);
    this.release(slot);
    heap.poke(slot + PAYLOAD, block | 0);
    heap.poke(slot + CAPACITY, heap.blockSize(block));
    region.bytes = bytes;
    region.start = block;
    region.end = end;
    return region;
  }
}
