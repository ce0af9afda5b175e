/**
 * Turns a value into a message: one run of bytes, and beside it what only the platform can move.
 *
 * @packageDocumentation
 */
import type { Transferable } from "node:worker_threads";
import { WireError } from "./errors.ts";
import type { Grow, Region, WireHooks } from "./hooks.ts";
import { FLAG_REFERENCES, WIRE_VERSION } from "./tags.ts";
import { KeysChanged, Writer } from "./writer.ts";

/** Writes messages, one after the other, into bytes that it is given. */
export class Encoder {
  /** What the last message refers to and only `postMessage` can move, in order. Empty for most; valid until the next message. */
  readonly sideItems: unknown[];
  /** Those of the side items that are moved, not copied. */
  readonly transferList: Transferable[];
  readonly #writer: Writer;
  #isBusy = false;

  constructor(hooks: WireHooks, grow: Grow) {
    const writer = new Writer(hooks, grow);
    this.#writer = writer;
    this.sideItems = writer.sideItems;
    this.transferList = writer.transferList;
  }

  /** Where the message is: the region it was begun in, or the last that the grower gave. */
  get region(): Region {
    return this.#writer.region;
  }

  /**
   * Writes `value` as a message at the start of `region`.
   *
   * Getters are run, as `structuredClone` runs them. Nothing is detached: what {@link transfer} marked is moved by
   * whoever posts {@link transferList}; its marks are used up when this returns, and kept when it throws.
   *
   * @param path - What the value is called in errors: "args", "result".
   * @returns The length of the message in bytes, from the start of {@link region}.
   * @throws `WireError` when something in the value cannot travel, what the hooks and the grower throw, and what a
   * getter throws. The encoder can be used again; the bytes of the region are of no use.
   */
  encode(value: unknown, region: Region, path: string): number {
    if (this.#isBusy) throw new Error(`Cannot encode ${path}: this encoder is in the middle of another message`);
    this.#isBusy = true;
    const writer = this.#writer;
    try {
      return this.#attempt(value, region, path, false);
    } catch (error) {
      if (error instanceof KeysChanged) return this.#attempt(value, writer.region, path, true);
      throw isStackOverflow(error) ? tooDeep(path) : error;
    } finally {
      writer.finish();
      this.#isBusy = false;
    }
  }

  #attempt(value: unknown, region: Region, path: string, spellsOut: boolean): number {
    const writer = this.#writer;
    const end = writer.value(value, writer.begin(region, path, spellsOut));
    writer.bytes[writer.start] = WIRE_VERSION;
    writer.bytes[writer.start + 1] = writer.hasReferences ? FLAG_REFERENCES : 0;
    return end - writer.start;
  }
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}

function tooDeep(path: string): WireError {
  return new WireError(path, "it is nested too deeply for what is left of the stack", "send it in a flatter form, or from further out");
}
