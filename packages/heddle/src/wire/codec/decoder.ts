/**
 * Turns a message back into a value.
 *
 * @packageDocumentation
 */
import { CorruptMessageError, isStackOverflow } from "../errors.ts";
import type { WireHooks } from "../hooks.ts";
import type { Unpack } from "../packet.ts";
import { NOT_FLAT, readFlat } from "../read/flat.ts";
import { Reader } from "../read/reader.ts";
import { FLAG_REFERENCES, FLAG_TEXT, FLAG_WIDE_TEXT, HEADER_BYTES, WIRE_VERSION } from "../tags.ts";

const KNOWN_FLAGS = FLAG_REFERENCES | FLAG_TEXT | FLAG_WIDE_TEXT;

/** Reads messages, one after the other. */
export class Decoder {
  readonly #hooks: WireHooks;
  readonly #unpack: Unpack;
  #reader: Reader | undefined;

  constructor(hooks: WireHooks) {
    this.#hooks = hooks;
    this.#unpack = (packet) => this.decode(packet.bytes, 0, packet.bytes.length, packet.sideItems);
    this.#reader = new Reader(hooks, this.#unpack);
  }

  /**
   * Reads the message that is exactly the bytes from `start` to `end`.
   *
   * @param sideItems - What the encoder listed as `sideItems`, after its journey.
   * @throws `CorruptMessageError` when the bytes are no message, and what the hooks throw, `NotLoadedError` among it.
   * The same message may be decoded again.
   */
  decode(bytes: Uint8Array, start: number, end: number, sideItems: readonly unknown[]): unknown {
    // A hook that decodes something else meanwhile finds no reader here, and gets one of its own.
    const reader = this.#reader ?? new Reader(this.#hooks, this.#unpack);
    if (bytes === reader.bytes) {
      const flat = readFlat(bytes, reader.view, start, end);
      if (flat !== NOT_FLAT) return flat;
    }
    this.#reader = undefined;
    reader.begin(bytes, start, end, sideItems);
    let isRead = false;
    try {
      readHeader(reader);
      const value = reader.value();
      reader.fillPostponed();
      if (reader.at !== reader.end)
        throw new CorruptMessageError(`${reader.end - reader.at} bytes follow its value`);
      if (reader.hasTextLeft) throw new CorruptMessageError("its text goes on behind its last string");
      isRead = true;
      return value;
    } catch (error) {
      if (error instanceof CorruptMessageError || error === reader.foreignError || isStackOverflow(error))
        throw error;
      throw new CorruptMessageError("it asks for what cannot be made", { cause: error });
    } finally {
      reader.finish(isRead);
      this.#reader = reader;
    }
  }
}

function readHeader(reader: Reader): void {
  const at = reader.take(HEADER_BYTES);
  const version = reader.bytes[at]!;
  if (version !== WIRE_VERSION) {
    throw new CorruptMessageError(
      `it begins with ${version}, which is not the version ${WIRE_VERSION} that this release of Heddle reads`,
    );
  }
  const flags = reader.bytes[at + 1]!;
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new CorruptMessageError(`it has unknown flags ${flags}`);
  reader.isNumbered = (flags & FLAG_REFERENCES) !== 0;
  if ((flags & FLAG_TEXT) !== 0) reader.beginText((flags & FLAG_WIDE_TEXT) !== 0);
}
