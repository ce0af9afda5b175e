/**
 * Puts values into slots and takes them out: in the slot itself when they are short, else in a block of the heap
 * that the slot points to.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { Cargo, giveUpListed, listBytes, takeListed } from "../../sync/index.ts";
import { Decoder, Encoder } from "../../wire/codec/index.ts";
import { endMove, type Region, type WireHooks } from "../../wire/index.ts";
import { CAPACITY, INLINE, INLINE_BYTES, LENGTH, PAYLOAD } from "./slot.ts";

/** What a port must carry beside a message. */
export interface SideItems {
  readonly items: readonly unknown[];
  readonly transferList: readonly Transferable[];
}

type Transferable = Encoder["transferList"][number];

/** From this size on a port moves a copy of a buffer faster than the heap takes one in and gives another out. */
const COPY_ASIDE_BYTES = 128 * 1024;
/** Buffers of that size take at most so much of the heap at once. */
const HELD_BYTES = 256 * 1024 * 1024;

/** A message that outgrows its slot gets a block for as many bytes as the last such had, up to these: else it would outgrow that as well. */
const FORESEEN_MAX_BYTES = 4096;

/** A list of claims is words. */
const LIST_ALIGNMENT = 4;

/** One thread's reader and writer of slots. */
export class Payloads {
  readonly #heap: Heap;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #region: Region;
  readonly #cargo: Cargo;
  /** Whether the result that was just written holds what it refers to. */
  claims = false;
  /** How much of such buffers the message holds that was just written, */
  #heldNow = 0;
  /** and all messages under way. */
  #held = 0;
  #slot = 0;
  #writing = false;
  /** How long the last message was that outgrew its slot. */
  #foreseen = 0;

  /**
   * @param isReceived - Whether somebody receives at once what is moved beside a message. Else that has to be asked for, and what is
   * in the heap has not.
   */
  constructor(heap: Heap, hooks: WireHooks, isReceived: () => boolean = () => true) {
    this.#heap = heap;
    this.#cargo = new Cargo(hooks);
    this.#encoder = new Encoder(this.#cargo.hooks, (used, needed) => this.#grow(used, needed), {
      copiesAsideFrom: COPY_ASIDE_BYTES,
      goesAside: (byteLength) => {
        if (this.#held + this.#heldNow + byteLength > HELD_BYTES || isReceived()) return true;
        this.#heldNow += byteLength;
        return false;
      },
    });
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
   * Writes the arguments of a call over what the slot held. What they refer to in the heap must be held until the call
   * has been settled: {@link takeCargo}.
   *
   * @param isForSeveral - The same is sent to several workers: what would be moved is refused.
   * @returns What has to be posted as well, if anything. Valid until the next write.
   * @throws What the encoder throws. The slot holds nothing of use then, and can be written again.
   */
  writeArguments(slot: number, args: readonly unknown[], isForSeveral: boolean): SideItems | undefined {
    const region = this.#begin(slot);
    try {
      return this.#end(slot, this.#encoder.encodeArguments(args, region, isForSeveral));
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#writing = false;
    }
  }

  /** How much of the heap the large buffers of the message take that was just written; until it is given to {@link letGo}. */
  takeHeld(): number {
    const now = this.#heldNow;
    this.#held += now;
    this.#heldNow = 0;
    return now;
  }

  letGo(heldBytes: number): void {
    this.#held -= heldBytes;
  }

  /** What the message that was just written refers to. */
  takeCargo(): readonly object[] {
    return this.#cargo.take();
  }

  /**
   * Writes a result as `writeArguments` writes arguments, but holds nothing in this thread, which may end. Where
   * {@link claims} says so, the message holds what it refers to itself, until {@link giveUpClaims}.
   */
  writeResult(slot: number, value: unknown, path: string): SideItems | undefined {
    const side = this.#write(slot, value, path);
    // Shared memory that is on its way is not lost at once: see shared-buffers.ts.
    this.claims = !this.#cargo.isEmpty;
    if (this.claims) this.#listClaims(slot);
    return side;
  }

  /** Throws if a value cannot be written. The slot holds nothing of use afterwards. */
  tryResult(slot: number, value: unknown, path: string): void {
    this.#write(slot, value, path);
    this.#cargo.clear();
  }

  /** Gives up what the message of a slot holds, when it has been read, or will not be. */
  giveUpClaims(slot: number): void {
    giveUpListed(this.#heap, this.#listOf(slot));
  }

  #listClaims(slot: number): void {
    const heap = this.#heap;
    const claims = this.#cargo.claims();
    const length = heap.peek(slot + LENGTH);
    const needed = length + LIST_ALIGNMENT + listBytes(claims);
    if (needed > heap.peek(slot + CAPACITY)) this.#grow(length, needed);
    takeListed(heap, this.#listOf(slot), claims);
    this.#cargo.clear();
  }

  #listOf(slot: number): number {
    const end = (this.#heap.peek(slot + PAYLOAD) >>> 0) + this.#heap.peek(slot + LENGTH);
    return Math.ceil(end / LIST_ALIGNMENT) * LIST_ALIGNMENT;
  }

  #write(slot: number, value: unknown, path: string): SideItems | undefined {
    const region = this.#begin(slot);
    try {
      return this.#end(slot, this.#encoder.encode(value, region, path));
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#writing = false;
    }
  }

  /** Where the message of a slot is to be written. */
  #begin(slot: number): Region {
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
    return region;
  }

  #end(slot: number, length: number): SideItems | undefined {
    this.#heap.poke(slot + LENGTH, length);
    if (length > INLINE_BYTES) this.#foreseen = Math.min(length, FORESEEN_MAX_BYTES);
    const { sideItems: items, transferList } = this.#encoder;
    if (items.length > 0) return { items, transferList };
    // What was to be moved was copied, as nothing goes beside the message.
    if (transferList.length > 0) endMove(transferList as ArrayBuffer[]);
    return undefined;
  }

  /** The error of a message that was not written. */
  #failed(error: unknown): unknown {
    this.#cargo.clear();
    this.#heldNow = 0;
    return error;
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
    const capacity = Math.max(needed, 2 * heap.peek(slot + CAPACITY), this.#foreseen);
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
