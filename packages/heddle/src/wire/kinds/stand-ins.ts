/**
 * Objects and functions that stay where they are, and are named in a message by what the two sides have agreed on.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import type { Writer } from "../write/writer.ts";

/** Writes what the hooks gave in place of something. */
export function writeStandIn(writer: Writer, head: number, plain: unknown, at: number): number {
  return writer.value(plain, writer.byte(head, at));
}

export function readStandIn(reader: Reader): object {
  const number = reader.reserve();
  return reader.fulfil(number, thingBehind(reader, "object"));
}

export function readStandInFunction(reader: Reader): object {
  return thingBehind(reader, "function");
}

function thingBehind(reader: Reader, type: "object" | "function"): object {
  const plain = reader.part();
  const { hooks } = reader;
  if (hooks.standFor === undefined) {
    throw new CorruptMessageError("it names something by what this side knows nothing of");
  }
  const thing = reader.ask(() => hooks.standFor!(plain));
  if (typeof thing !== type) throw new CorruptMessageError(`it names something that is no ${type}`);
  return thing;
}
