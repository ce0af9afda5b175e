/**
 * Values that go to one other thread, through a port.
 *
 * @packageDocumentation
 */
import type { Transferable } from "node:worker_threads";
import { codec, functionTable } from "../portable/index.ts";
import { Cargo } from "../sync/index.ts";
import { NotLoadedError, type Packet } from "../wire/index.ts";

/** A value, ready to be posted. */
export interface Packed {
  readonly packet: Packet;
  readonly transferList: readonly Transferable[];
  /** What it refers to in the heap: to be held until it has been read. */
  readonly cargo: readonly object[];
}

/**
 * Makes a packet of a value.
 *
 * @param path - What the value is called in errors.
 * @throws `WireError`, `PortabilityError` when something in it cannot travel.
 */
export function pack(value: unknown, path: string): Packed {
  const cargo = new Cargo(functionTable());
  const [packet, transferList] = codec().packBy(cargo.hooks)(value, path);
  return { packet, transferList, cargo: cargo.take() };
}

/** Gives the value, when the modules that it needs have been imported. */
export async function unpack({ bytes, sideItems }: Packet): Promise<unknown> {
  for (;;) {
    try {
      return new (codec().Decoder)(functionTable()).decode(bytes, 0, bytes.length, sideItems);
    } catch (error) {
      if (!(error instanceof NotLoadedError)) throw error;
      await error.ready;
    }
  }
}
