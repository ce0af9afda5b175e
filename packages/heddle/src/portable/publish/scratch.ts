/** Encoders with memory of their own, for messages whose length must be known before they have a place. */
import { Encoder } from "../../wire/codec/index.ts";
import type { FunctionRecord, Region, WireHooks } from "../../wire/index.ts";
import { publishing } from "../publishing-later.ts";
import type { KeptHandle } from "../records.ts";

const START_BYTES = 4096;
/** Bigger scratch memory is let go after use. */
const KEPT_BYTES = 1 << 20;

/** Where messages are for. */
export type WirePlace = Required<Pick<WireHooks, "heap" | "leavesProcess">>;

/** A message in scratch memory: valid until the next one. */
export interface ScratchMessage {
  readonly bytes: Uint8Array;
  readonly sideItems: readonly unknown[];
  readonly handles: readonly KeptHandle[];
  readonly moves: boolean;
}

/** One encoder. Whoever has it says what becomes of the functions that it meets. */
export class Scratch {
  onFunction: (fn: Function) => FunctionRecord = unexpected;
  readonly #encoder: Encoder;
  #memory = new Uint8Array(START_BYTES);
  #handles: KeptHandle[] = [];

  constructor(place: WirePlace) {
    this.#encoder = new Encoder(
      {
        ...place,
        publishFunction: (fn) => this.onFunction(fn),
        publishClass: (cls, path) => {
          publishing().checkInstances(cls, path);
          return this.onFunction(cls);
        },
        resolveFunction: unexpected,
        keepHandle: (handle, address) => this.#handles.push({ handle, address }),
      },
      (used, needed) => this.#grow(used, needed),
    );
  }

  encode(value: unknown, path: string): ScratchMessage {
    const encoder = this.#encoder;
    if (this.#handles.length > 0) this.#handles = [];
    const length = encoder.encode(value, this.#region(), path);
    const { start } = encoder.region;
    const bytes = this.#memory.subarray(start, start + length);
    if (this.#memory.length > KEPT_BYTES) this.#memory = new Uint8Array(START_BYTES);
    const { sideItems, transferList } = encoder;
    return { bytes, sideItems, handles: this.#handles, moves: transferList.length > 0 };
  }

  #region(): Region {
    return { bytes: this.#memory, start: 0, end: this.#memory.length };
  }

  #grow(used: number, needed: number): Region {
    const memory = new Uint8Array(Math.max(needed, 2 * this.#memory.length));
    memory.set(this.#memory.subarray(0, used));
    this.#memory = memory;
    return this.#region();
  }
}

/** Encoders that are not in use. One is enough, unless a getter of a captured object submits something itself. */
export class ScratchPool {
  readonly #place: WirePlace;
  readonly #idle: Scratch[] = [];

  constructor(place: WirePlace) {
    this.#place = place;
  }

  take(): Scratch {
    return this.#idle.pop() ?? new Scratch(this.#place);
  }

  giveBack(scratch: Scratch): void {
    scratch.onFunction = unexpected;
    this.#idle.push(scratch);
  }
}

function unexpected(): never {
  throw new TypeError("Cannot cross here: functions are not expected in this message");
}
