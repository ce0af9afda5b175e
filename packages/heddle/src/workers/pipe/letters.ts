/**
 * Values on their way through a pipe.
 *
 * Inside a process they stand in its heap, where what they refer to is claimed for them; a letter is the address, and
 * belongs to whoever has it. Between processes they are bytes with all that is needed in them.
 *
 * @packageDocumentation
 */
import { threadHeap } from "#heap";
import { storedValues } from "../../sync/index.ts";
import { CorruptMessageError } from "../../wire/index.ts";
import { MessageCodec } from "../net/message-codec.ts";

/** A value in the heap of this process, or as bytes for any. */
export type Letter =
  | { readonly address: number; readonly sizeBytes: number }
  | { readonly bytes: Uint8Array; readonly sizeBytes: number };

/** First byte of a letter in a message between threads or processes. */
const IN_HEAP = 0;
const IN_BYTES = 1;

let codec: MessageCodec | undefined;

function messages(): MessageCodec {
  return (codec ??= new MessageCodec());
}

/**
 * Writes a value.
 *
 * @param isAbroad - Whether somebody in another process will read it.
 * @throws `WireError`, `PortabilityError` when something in it cannot travel so far.
 */
export function writeLetter(value: unknown, isAbroad: boolean): Letter {
  if (isAbroad) {
    const { bytes, kept } = messages().encode(value, "message", true);
    if (kept.length > 0) holdInTransit(kept);
    return bytesLetter(bytes);
  }
  return heapLetter(storedValues().store(value, "message"));
}

/** What letters abroad refer to in shared heaps is held so long, for whoever reads them to claim it. */
const PATIENCE_MS = 60_000;
const inTransit: { readonly kept: readonly object[]; readonly since: number }[] = [];

function holdInTransit(kept: readonly object[]): void {
  const now = performance.now();
  while (inTransit.length > 0 && now - inTransit[0]!.since > PATIENCE_MS) inTransit.shift();
  inTransit.push({ kept, since: now });
}

/** Reads a letter, and ends it, after the modules that it needs have been imported. */
export async function readLetter(letter: Letter): Promise<unknown> {
  if ("bytes" in letter) return await messages().decodeAsync(letter.bytes, true);
  try {
    return await storedValues().readAsync(letter.address);
  } finally {
    dropLetter(letter);
  }
}

/** Ends a letter that nobody will read. */
export function dropLetter(letter: Letter): void {
  if ("address" in letter) storedValues().drop(letter.address);
}

/** The same value as bytes. */
export async function sendAbroad(letter: Letter): Promise<Letter> {
  return "bytes" in letter ? letter : writeLetter(await readLetter(letter), true);
}

/** A letter as a part of a message. Whoever reads that has the letter. */
export function packLetter(letter: Letter): Uint8Array[] {
  if ("bytes" in letter) return [Uint8Array.of(IN_BYTES), letter.bytes];
  const packed = new Uint8Array(5);
  packed[0] = IN_HEAP;
  new DataView(packed.buffer).setUint32(1, letter.address, true);
  return [packed];
}

/** @param isAbroad - Whether the message came from another process. */
export function unpackLetter(packed: Uint8Array, isAbroad: boolean): Letter {
  if (packed[0] === IN_BYTES) return bytesLetter(packed.subarray(1));
  if (packed[0] !== IN_HEAP || packed.length !== 5 || isAbroad) {
    throw new CorruptMessageError("it is no message of a pipe");
  }
  return heapLetter(new DataView(packed.buffer, packed.byteOffset).getUint32(1, true));
}

function bytesLetter(bytes: Uint8Array): Letter {
  return { bytes, sizeBytes: bytes.length };
}

function heapLetter(address: number): Letter {
  return { address, sizeBytes: threadHeap().blockSize(address) };
}
