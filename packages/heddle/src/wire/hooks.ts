/**
 * What the wire asks of those who use it.
 *
 * @packageDocumentation
 */

import type { SharedShapes } from "./shared/shared-shapes.ts";

/** How functions cross, and who is told of handles. The layer of portable functions supplies the former. */
export interface WireHooks {
  /** The heap that functions and handles are in: what is kept there crosses by its address alone. */
  readonly heap?: object;
  /** The key lists that whoever reads the messages knows by number. Where it is absent, messages spell them out. */
  readonly shapes?: SharedShapes;
  /** Messages may be read in another process. */
  readonly leavesProcess?: boolean;
  /**
   * Names a function or class for the other side.
   *
   * @param path - Where it stands in what is sent, for the error message.
   * @throws `PortabilityError` or `WireError` when it cannot travel.
   */
  publishFunction(fn: Function, path: string): FunctionRecord;
  /**
   * As `publishFunction`, for a class of which an instance follows, as its fields. Where it is absent, any class that
   * travels will do.
   *
   * @throws `PortabilityError` when instances hold what only the code of their class can give them.
   */
  publishClass?(cls: Function, path: string): FunctionRecord;
  /**
   * Gives the same function on this side.
   *
   * @throws `NotLoadedError` when a module has to be loaded first: await it and decode the same message again.
   */
  resolveFunction(address: number, serial: number): Function;
  /**
   * Told of each handle that is written, or was read. Bytes hold nothing: whoever sends them keeps what the handle stands
   * for until they have been read.
   */
  keepHandle?(handle: object, address: number): void;
  /** The same for a handle of what is kept in another heap. */
  keepForeign?(handle: object): void;
  /** The same for shared memory: the thread that names it must have it when the message is read. */
  keepShared?(buffer: SharedArrayBuffer): void;
  /**
   * Gives a plain value to be written in place of an object or a function, for the other side's {@link standFor}; or
   * `undefined` to have it written as it is.
   */
  standIn?(thing: object): unknown;
  /** Gives what a plain value stands for. */
  standFor?(plain: unknown): object;
  /** Told where in the bytes the record of a function stands that was just read. */
  onRecord?(at: number): void;
}

/** A published function: two 32-bit words. */
export interface FunctionRecord {
  readonly address: number;
  readonly serial: number;
  /** One object for all closures that were made in the same place. */
  readonly code?: object | undefined;
}

/** Bytes `start` to `end` of a view, to write into. */
export interface Region {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/**
 * Makes room: gives a bigger region, of at least `neededBytes`, that begins with the `usedBytes` written so far.
 * What it throws ends the encoding and is passed on.
 */
export type Grow = (usedBytes: number, neededBytes: number) => Region;
