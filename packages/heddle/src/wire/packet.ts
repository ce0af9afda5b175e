/**
 * A message that goes through a port by itself.
 *
 * @packageDocumentation
 */
import type { Transferable } from "node:worker_threads";

/** What is posted. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly sideItems: readonly unknown[];
}

/** Encodes a value in memory of its own. The list says what `postMessage` must move. */
export type Pack = (value: unknown, path: string) => [Packet, readonly Transferable[]];

/** The other way. What the decoder throws is passed on. */
export type Unpack = (packet: Packet) => unknown;
