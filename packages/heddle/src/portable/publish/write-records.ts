/**
 * Writes records into the heap: the second half of a publication.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { FunctionNode, ValueNode, type Node } from "./nodes.ts";
import { RecordKind, type HeapRecord, type RecordStore } from "../records.ts";
import type { Scratch } from "./scratch.ts";
import { FUNCTION_HEAD_WORDS, PROPERTY_WORDS, SLOT_WORDS, SlotTag } from "../slots.ts";
import type { Sources } from "./sources.ts";
import type { Slot, Visit } from "./visit.ts";

const NO_BYTES = new Uint8Array(0);

export class RecordWriter {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #sources: Sources;
  readonly #scratch: Scratch;
  readonly #recordOf: (node: Node) => HeapRecord;

  /** @param recordOf - The record that a node will have when the publication is done. */
  constructor(
    heap: Heap,
    store: RecordStore,
    sources: Sources,
    scratch: Scratch,
    recordOf: (node: Node) => HeapRecord,
  ) {
    this.#heap = heap;
    this.#store = store;
    this.#sources = sources;
    this.#scratch = scratch;
    this.#recordOf = recordOf;
  }

  /** Takes room for the record of a visited node, and fills it as far as nothing refers to other records. */
  allocate(visit: Visit): HeapRecord {
    const { node } = visit;
    if (node instanceof ValueNode) return this.#allocateValue(visit, node);
    const captured = node instanceof FunctionNode ? node.captured! : undefined;
    if (captured?.kind === "named") return this.#sources.create(RecordKind.NAMED, [], captured.name);
    if (captured?.kind === "exported") {
      const module = this.#sources.module(captured.module);
      visit.uses.push(module);
      const { address, serial } = module.record!;
      return this.#sources.create(RecordKind.EXPORT, [address, serial], captured.path);
    }
    const isLasting = captured?.kind === "code" && captured.code.isLasting;
    const kinds = { code: RecordKind.FUNCTION, bound: RecordKind.BOUND };
    return this.#allocateSlots(
      visit,
      captured === undefined ? RecordKind.VIEW : kinds[captured.kind],
      isLasting,
    );
  }

  /** Fills in what refers to other records. */
  write(visit: Visit): void {
    const { node, uses } = visit;
    const record = visit.fresh!;
    record.parts = uses.map((used) => this.#recordOf(used));
    if (node instanceof ValueNode) {
      if (uses.length > 0)
        this.#writeTail(record, this.#scratch.encode(node.value, visit.through!.name).bytes);
      return;
    }
    const kind = node instanceof FunctionNode ? node.captured!.kind : "view";
    if (kind !== "named" && kind !== "exported") this.#writeSlots(visit);
  }

  #allocateValue(visit: Visit, node: ValueNode): HeapRecord {
    const { value } = node;
    if (typeof value === "symbol") return this.#sources.create(RecordKind.SYMBOL, [], value.description);
    // The wire says differently what it meets for the first time: only now is the message what it will be.
    const { bytes } = this.#scratch.encode(value, visit.through!.name);
    const record = this.#store.create(RecordKind.VALUE, 2, bytes.length, node.isLasting);
    node.identity ??= record.serial;
    this.#store.write(record, 0, [visit.sideItems.length, node.identity]);
    record.sideItems = visit.sideItems;
    record.handles = [...visit.handles];
    node.bytesAt = ArrayBuffer.isView(value) ? findBytes(value, bytes) : undefined;
    if (visit.uses.length === 0) this.#writeTail(record, bytes);
    return record;
  }

  #allocateSlots(visit: Visit, kind: RecordKind, isLasting: boolean): HeapRecord {
    const { slots, properties } = visit;
    const words = FUNCTION_HEAD_WORDS + SLOT_WORDS * slots.length + PROPERTY_WORDS * properties.length;
    const tail = [...inlineSlots(visit).map(({ inline }) => inline), ...properties.map(({ name }) => name)];
    const { bytes } = tail.length === 0 ? { bytes: NO_BYTES } : this.#scratch.encode(tail, "captures");
    const record = this.#store.create(kind, words, bytes.length, isLasting);
    this.#writeTail(record, bytes);
    return record;
  }

  #writeTail(record: HeapRecord, bytes: Uint8Array): void {
    const { tailStart, tailEnd } = this.#store.view(record);
    if (bytes.length !== tailEnd - tailStart) {
      throw new TypeError("Cannot send a captured object: it changed while it was read");
    }
    this.#heap.bytesTo(tailEnd).set(bytes, tailStart);
  }

  #writeSlots(visit: Visit): void {
    const { node, slots, properties } = visit;
    const captured = node instanceof FunctionNode ? node.captured : undefined;
    const code = captured?.kind === "code" ? this.#sources.code(captured.code).record : undefined;
    if (code !== undefined) visit.fresh!.code = code;
    const words = [code?.address ?? 0, code?.serial ?? 0, slots.length, properties.length];
    let inlines = 0;
    const add = ({ tag, node: used }: Slot): void => {
      if (tag === SlotTag.INLINE) words.push(tag, inlines++, 0);
      else if (used === undefined) words.push(tag, 0, 0);
      else words.push(tag, this.#recordOf(used).address, this.#recordOf(used).serial);
    };
    for (const slot of slots) add(slot);
    const firstName = inlineSlots(visit).length;
    properties.forEach(({ owner, slot }, i) => {
      words.push(owner, firstName + i);
      add(slot);
    });
    this.#store.write(visit.fresh!, 0, words);
  }
}

/** Smaller ones are as quickly encoded again. */
const BIG_ENOUGH_BYTES = 1024;
/** At most so many bytes follow the content of a typed array in a message. */
const MAX_TRAILER = 16;

/** Where in a message the bytes of a typed array stand, if they stand there as they are. */
function findBytes(view: ArrayBufferView, message: Uint8Array): number | undefined {
  const { byteLength } = view;
  if (byteLength < BIG_ENOUGH_BYTES || byteLength !== view.buffer.byteLength) return undefined;
  for (
    let at = message.length - byteLength;
    at >= Math.max(0, message.length - byteLength - MAX_TRAILER);
    at--
  ) {
    if (areBytesEqual(view, message.subarray(at, at + byteLength))) return at;
  }
  return undefined;
}

/** Whether a view holds these bytes. */
export function areBytesEqual(view: ArrayBufferView, bytes: Uint8Array): boolean {
  return Buffer.compare(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), bytes) === 0;
}

function inlineSlots({ slots, properties }: Visit): Slot[] {
  return [...slots, ...properties.map(({ slot }) => slot)].filter(({ tag }) => tag === SlotTag.INLINE);
}
