/**
 * Writes and reads big integers and symbols.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import * as tag from "./tags.ts";
import type { Writer } from "./writer.ts";

const NEGATIVE = 1;

/** Sign, number of 64-bit words, words from the lowest. */
export function writeBigint(writer: Writer, value: bigint, at: number): number {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude.toString(16);
  const words = Math.ceil(digits.length / 16);
  at = writer.word(tag.BIGINT, words, writer.room(at, 6 + 8 * words));
  writer.bytes[at++] = value < 0n ? NEGATIVE : 0;
  for (let end = digits.length; end > 0; end -= 16, at += 8) {
    writer.view.setBigUint64(at, BigInt(`0x${digits.slice(Math.max(0, end - 16), end)}`), true);
  }
  return at;
}

export function readBigint(reader: Reader): bigint {
  const words = reader.count(8);
  const isNegative = reader.byte() === NEGATIVE;
  const at = reader.take(8 * words);
  if (words === 1) {
    const value = reader.view.getBigUint64(at, true);
    return isNegative ? -value : value;
  }
  let digits = "0x0";
  for (let i = words - 1; i >= 0; i--)
    digits += reader.view
      .getBigUint64(at + 8 * i, true)
      .toString(16)
      .padStart(16, "0");
  return isNegative ? -BigInt(digits) : BigInt(digits);
}

/** `Symbol.iterator` and its like, by symbol and by name. */
const WELL_KNOWN = new Map<symbol, string>();
const WELL_KNOWN_BY_NAME = new Map<string, symbol>();
for (const name of Object.getOwnPropertyNames(Symbol)) {
  const symbol: unknown = Reflect.get(Symbol, name);
  if (typeof symbol !== "symbol") continue;
  WELL_KNOWN.set(symbol, name);
  WELL_KNOWN_BY_NAME.set(name, symbol);
}

export function writeSymbol(writer: Writer, symbol: symbol, at: number): number {
  const wellKnown = WELL_KNOWN.get(symbol);
  if (wellKnown !== undefined) return writer.string(wellKnown, writer.byte(tag.WELL_KNOWN_SYMBOL, at));
  const key = Symbol.keyFor(symbol);
  if (key !== undefined) return writer.string(key, writer.byte(tag.REGISTERED_SYMBOL, at));
  throw writer.refusal(
    `it is ${String(symbol)}, and a symbol of its own exists in one thread only`,
    "make it by Symbol.for(), or send a string",
  );
}

export function readWellKnownSymbol(reader: Reader): symbol {
  const symbol = WELL_KNOWN_BY_NAME.get(reader.string());
  if (symbol === undefined) throw new CorruptMessageError("it names a symbol that does not exist");
  return symbol;
}

export function readRegisteredSymbol(reader: Reader): symbol {
  return Symbol.for(reader.string());
}
