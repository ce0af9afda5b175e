/**
 * Shared heaps themselves: they cross as what they are found by.
 *
 * @packageDocumentation
 */
import { SharedHeap } from "#heap";
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import { writers } from "./writers.ts";

writers.set(SharedHeap.prototype, (writer, heap, at) =>
  writer.string((heap as SharedHeap).locator, writer.byte(tag.SHARED_HEAP, at)),
);

export function readSharedHeap(reader: Reader): SharedHeap {
  return reader.remember(readLocated(reader));
}

/** The heap that a message names. Throws `CorruptMessageError` when it cannot be opened any more. */
export function readLocated(reader: Reader): SharedHeap {
  const locator = reader.string();
  try {
    return SharedHeap.at(locator);
  } catch (cause) {
    const name = JSON.stringify(locator.slice(locator.lastIndexOf("/") + 1));
    throw new CorruptMessageError(`it refers to shared heap ${name}, which cannot be opened`, { cause });
  }
}
