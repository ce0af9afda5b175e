/**
 * Blocks of the model heap: where they stand, and which are in use.
 *
 * Each thread takes blocks from a region of its own, as with an allocator that has arenas: so what two threads take
 * does not depend on their order. Blocks of one size stand in slots of one size, with room between them that
 * belongs to none.
 *
 * ```text
 * FIRST_BLOCK + region (64 MiB) × 16 + class (4 MiB) × 16 + slot (32 B … 1 MiB)
 * slot  bytes  name    values                                          written by
 *       0      header  0: never used; size · 2 + zeroed: in use;       allocate, free
 *                      -size: free
 *       16 …   block   words, unwritten at first
 * ```
 *
 * @packageDocumentation
 */
import { Finding } from "./finding.ts";
import type { Memory } from "./memory.ts";

/** Where the blocks begin. Below are the pages, whose words are there without being allocated. */
export const FIRST_BLOCK = 0x40000000;

/** Blocks that are taken outside all threads. */
export const OUTSIDE = 15;

const REGION_BYTES = 0x4000000;
const CLASS_BYTES = 0x400000;
const SMALLEST_SLOT = 32;
const HEADER_BYTES = 16;
const LARGEST_BLOCK = (SMALLEST_SLOT << 15) - HEADER_BYTES;

/** The region that a block was taken from: the index of the thread, or OUTSIDE. */
export const regionOf = (address: number): number => Math.floor((address - FIRST_BLOCK) / REGION_BYTES);

/** Stands for what `allocate` and `free` of one region change: no word of the heap. */
export const regionWord = (region: number): number => -64 - 4 * region;

const classOf = (address: number): number => Math.floor((address - FIRST_BLOCK) / CLASS_BYTES) % 16;

/** The header of the slot that an address lies in. */
export function headerOf(address: number): number {
  return address - (address % (SMALLEST_SLOT << classOf(address)));
}

export const blockAt = (header: number): number => header + HEADER_BYTES;

/** How many bytes of a slot are in use; 0 if none are. */
export const sizeIn = (header: number): number => (header > 0 ? header >> 1 : 0);

/** Whether the words of a block are 0 before they are written, rather than anything. */
export const isZeroed = (header: number): boolean => (header & 1) === 1;

/** The header of the slot that the next block of this size goes to. */
export function freeSlot(memory: Memory, region: number, sizeBytes: number, reuses: boolean): number {
  if (!Number.isInteger(sizeBytes) || sizeBytes < 0) {
    throw new RangeError(`Cannot allocate ${sizeBytes} bytes: the size is no whole number from 0 on`);
  }
  if (!memory.hasBlocks) throw new RangeError("Cannot allocate in a model of more than 16,384 pages");
  const sizeClass = Math.max(0, 27 - Math.clz32(sizeBytes + HEADER_BYTES - 1));
  const base = FIRST_BLOCK + region * REGION_BYTES + sizeClass * CLASS_BYTES;
  const slotBytes = SMALLEST_SLOT << sizeClass;
  const end = sizeBytes <= LARGEST_BLOCK ? base + CLASS_BYTES : base;
  for (let header = base; header < end; header += slotBytes) {
    const { value } = memory.at(header);
    if (value === 0 || (value < 0 && reuses)) return header;
  }
  throw new Finding("out of memory", `the model heap has no room for another block of ${sizeBytes} bytes`);
}

/** The header word of a block of this size that is in use. Sizes are multiples of 4. */
export const headerFor = (sizeBytes: number, zeroed: boolean): number =>
  Math.max(4, Math.ceil(sizeBytes / 4) * 4) * 2 + Number(zeroed);

/** Throws if there is no word of a block in use at an address. */
export function assertInBlock(memory: Memory, address: number): void {
  const slot = headerOf(address);
  const header = memory.at(slot).value;
  const offset = address - blockAt(slot);
  if (header < 0) {
    throw new Finding("use after free", `the block at ${hex(blockAt(slot))} was given back before`);
  }
  if (address % 4 === 0 && offset >= 0 && offset < sizeIn(header)) return;
  const block = header === 0 ? "" : `: the block at ${hex(blockAt(slot))} has ${sizeIn(header)} bytes`;
  throw new Finding("stray access", `there is no word at ${hex(address)}${block}`);
}

/** Throws unless a block in use begins at an address. */
export function assertIsBlock(memory: Memory, address: number, verb: string): void {
  if (address >= FIRST_BLOCK && address < FIRST_BLOCK + 16 * REGION_BYTES) {
    const slot = headerOf(address);
    const header = memory.at(slot).value;
    if (address === blockAt(slot) && header > 0) return;
    if (address === blockAt(slot) && header < 0) {
      const kind = verb === "free" ? "double free" : "use after free";
      throw new Finding(kind, `the block at ${hex(address)} was given back before`);
    }
  }
  throw new Finding("stray access", `cannot ${verb} ${hex(address)}: no block begins there`);
}

/** The blocks in use. */
export function blocksIn(memory: Memory): number[] {
  return [...memory.addresses()]
    .filter((address) => address >= FIRST_BLOCK && address === headerOf(address))
    .filter((address) => memory.at(address).value > 0)
    .map(blockAt)
    .sort((one, other) => one - other);
}

/** The name of a word of a block, in reports. `buffers` has the numbers of those that are a SharedArrayBuffer. */
export function blockName(address: number, buffers: ReadonlyMap<number, number>): string {
  const block = blockAt(headerOf(address));
  const number = buffers.get(block);
  if (number !== undefined) return `buffer ${number}[${(address - block) / 4}]`;
  return address === block ? `[${hex(block)}]` : `[${hex(block)} + ${address - block}]`;
}

export const hex = (address: number): string => `0x${address.toString(16)}`;
