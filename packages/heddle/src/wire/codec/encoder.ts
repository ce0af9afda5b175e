/**
 * Turns a value into a message: one run of bytes, and beside it what only the platform can move.
 *
 * @packageDocumentation
 */
import type { Transferable } from "node:worker_threads";
import { isStackOverflow, WireError } from "../errors.ts";
import type { Grow, Region, WireHooks } from "../hooks.ts";
import type { Pack } from "../packet.ts";
import { KeysChanged } from "../write/shapes.ts";
import { FLAG_REFERENCES, WIRE_VERSION } from "../tags.ts";
import { areFlat, FLAT_BYTES, FLAT_LIST_BYTES, isFlat, writeFlat, writeFlatList } from "../write/flat.ts";
import { Writer } from "../write/writer.ts";

/** What becomes of values that are not written as bytes, or need not be. */
export interface EncoderOptions {
  /**
   * ArrayBuffers of so many bytes and more are not written into the message: a copy of each is moved beside it. Worth it
   * where somebody posts side items anyway: the bytes are copied once, not twice. Default: none.
   */
  readonly copiesAsideFrom?: number;
  /** Says of an ArrayBuffer of that size whether it is in fact to be moved beside the message. Default: always. */
  readonly goesAside?: (byteLength: number) => boolean;
  /**
   * Nothing goes beside the message, and what only a port can carry is refused. ArrayBuffers that {@link transfer} marked
   * are written, and listed in `transferList`, to be detached.
   */
  readonly isAlone?: boolean;
  /**
   * The message leaves the process, so that handles of objects in its heap are refused, and shared memory. It is alone, too.
   */
  readonly isAbroad?: boolean;
}

/** Writes messages, one after the other, into bytes that it is given. */
export class Encoder {
  /** What the last message refers to and only `postMessage` can move, in order. Empty for most; valid until the next message. */
  readonly sideItems: unknown[];
  /** Those of the side items that are moved, not copied; or else what is to be detached. */
  readonly transferList: Transferable[];
  readonly #writer: Writer;
  #isBusy = false;

  constructor(hooks: WireHooks, grow: Grow, options: EncoderOptions = {}) {
    const writer = new Writer(hooks, grow, packBy(hooks));
    const {
      copiesAsideFrom = Infinity,
      goesAside,
      isAbroad = hooks.leavesProcess === true,
      isAlone = isAbroad,
    } = options;
    writer.copiesAsideFrom = isAlone ? Infinity : copiesAsideFrom;
    if (goesAside !== undefined) writer.goesAside = goesAside;
    writer.isAlone = isAlone;
    writer.isAbroad = isAbroad;
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
    if (isFlat(value) && this.#mayBeFlat(region, FLAT_BYTES)) return writeFlat(this.#writer, value, region);
    return this.#encode(value, region, path, false, false);
  }

  /**
   * The same for an array that a rest parameter has just made: it is known to have elements and nothing else.
   *
   * @param isForSeveral - The same is sent to several threads: what would be moved is refused.
   */
  encodeArguments(args: readonly unknown[], region: Region, isForSeveral = false): number {
    if (areFlat(args) && this.#mayBeFlat(region, FLAT_LIST_BYTES))
      return writeFlatList(this.#writer, args, region);
    return this.#encode(args, region, "args", true, isForSeveral);
  }

  /** Whether a message that is no more than a few bytes can be written at once. If so, nothing goes beside it. */
  #mayBeFlat({ start, end }: Region, sizeBytes: number): boolean {
    if (this.#isBusy || end - start < sizeBytes) return false;
    this.#writer.dropItems();
    return true;
  }

  #encode(value: unknown, region: Region, path: string, isRest: boolean, isForSeveral: boolean): number {
    if (this.#isBusy)
      throw new Error(`Cannot encode ${path}: this encoder is in the middle of another message`);
    this.#isBusy = true;
    const writer = this.#writer;
    writer.isForSeveral = isForSeveral;
    let isSent = false;
    try {
      const start = writer.begin(region, path, false);
      let end: number;
      try {
        end = isRest ? writer.rest(value as unknown[], start) : writer.root(value, start);
        end = writer.postponed(end);
      } catch (error) {
        if (!(error instanceof KeysChanged)) throw error;
        end = this.#spellOut(value, path);
      }
      const flags = writer.finishText(end) | (writer.hasReferences ? FLAG_REFERENCES : 0);
      writer.bytes[writer.start] = WIRE_VERSION;
      writer.bytes[writer.start + 1] = flags;
      isSent = true;
      return writer.textEnd - writer.start;
    } catch (error) {
      throw isStackOverflow(error) ? tooDeep(path) : error;
    } finally {
      writer.finish(isSent);
      this.#isBusy = false;
    }
  }

  /** Once more from the start, without shapes. */
  #spellOut(value: unknown, path: string): number {
    const writer = this.#writer;
    writer.finish(false);
    return writer.postponed(writer.value(value, writer.begin(writer.region, path, true)));
  }
}

/** Room for a message that goes alone, to begin with. */
const PACKET_BYTES = 256;

/** Makes packets: messages in memory of their own, each for one port. */
export function packBy(hooks: WireHooks): Pack {
  return (value, path) => {
    const encoder = new Encoder(hooks, (usedBytes, neededBytes) => {
      const bigger = newRegion(neededBytes);
      bigger.bytes.set(encoder.region.bytes.subarray(0, usedBytes));
      return bigger;
    });
    const length = encoder.encode(value, newRegion(PACKET_BYTES), path);
    const bytes = encoder.region.bytes.slice(0, length);
    return [{ bytes, sideItems: encoder.sideItems }, encoder.transferList];
  };
}

function newRegion(size: number): Region {
  return { bytes: new Uint8Array(size), start: 0, end: size };
}

function tooDeep(path: string): WireError {
  return new WireError(
    path,
    "it is nested too deeply for what is left of the stack",
    "send it in a flatter form, or from further out",
  );
}
