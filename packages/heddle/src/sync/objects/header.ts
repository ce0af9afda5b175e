/**
 * The first words of every shared object, and the end of its life.
 *
 * ```text
 * bytes  name    values                                                          written by
 * 0      kind    an ObjectKind: which class and layout stands here               its creator, once
 * 4      claims  how many threads have a handle, and how many messages hold one  any thread, by add
 * 8      gate    the object's internal lock                                      any thread
 * 12     name    address of [byteLength u32][utf8 …]; or a serial, times 2 + 1   its creator, once
 * 16     …       the object's own words
 * ```
 *
 * - H1: whoever brings `claims` to 0 destroys the object: nobody else can reach it, and nobody will (C1 of claims).
 *
 * @packageDocumentation
 */
import { CLAIMS, HeldKind, releaseBy, type Heap } from "#heap";

export const KIND = 0;
export const GATE = 8;
const NAME = 12;
/** Where an object's own words begin. */
export const FIRST_OWN = 16;

/** Frees what an object owns beside its block, and gives up the claims that it holds. */
export type Destroy = (heap: Heap, address: number) => void;

const destroyers = new Map<number, Destroy>();

/** Says what else goes when an object of a kind goes. */
export function registerDestroyer(kind: number, destroy: Destroy): void {
  destroyers.set(kind, destroy);
}

/** Writes the header of a new object into a block: all words that are not said here are 0. The first claim is the caller's. */
export function writeHeader(
  heap: Heap,
  address: number,
  kind: number,
  name: string | undefined,
  sizeBytes: number,
): void {
  heap.poke(address + NAME, name === undefined ? (heap.nextSerial() << 1) | 1 : writeName(heap, name) | 0);
  heap.poke(address + KIND, kind);
  heap.poke(address + CLAIMS, 1);
  heap.poke(address + GATE, 0);
  for (let at = FIRST_OWN; at < sizeBytes; at += 4) heap.poke(address + at, 0);
}

function writeName(heap: Heap, name: string): number {
  const length = Buffer.byteLength(name);
  const block = heap.allocate(4 + length);
  heap.poke(block, length);
  Buffer.from(heap.bytes.buffer).write(name, block + 4, length);
  return block;
}

/** The name of an object, or the serial that stands for one. */
export function readName(heap: Heap, address: number): string | number {
  const name = heap.peek(address + NAME);
  if ((name & 1) !== 0) return name >>> 1;
  const block = name >>> 0;
  const end = block + 4 + heap.peek(block);
  return Buffer.from(heap.bytesTo(end).buffer).toString("utf8", block + 4, end);
}

/** Frees the block of an object that is no more, or never came to be. */
export function freeObject(heap: Heap, address: number): void {
  const name = heap.peek(address + NAME);
  if ((name & 1) === 0) heap.free(name >>> 0);
  heap.free(address);
}

releaseBy(HeldKind.OBJECT, (heap, address) => {
  // H1.
  if (heap.add(address + CLAIMS, -1) !== 1) return;
  destroyers.get(heap.peek(address + KIND))?.(heap, address);
  freeObject(heap, address);
});
