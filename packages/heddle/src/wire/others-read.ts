/**
 * Reads what {@link Reader.value} does not read itself, by one look into a table.
 *
 * @packageDocumentation
 */
import { readError } from "./error-values.ts";
import { CorruptMessageError } from "./errors.ts";
import { readBigint, readRegisteredSymbol, readWellKnownSymbol } from "./primitives.ts";
import type { Reader } from "./reader.ts";
import * as tag from "./tags.ts";

type Read = (reader: Reader) => unknown;

const READERS: (Read | undefined)[] = new Array<Read | undefined>(256).fill(undefined);
READERS[tag.SHAPE_BY_INDEX] = (reader) => reader.shapeByIndex();
READERS[tag.DICTIONARY] = (reader) => readFields(reader, {});
READERS[tag.NULL_DICTIONARY] = (reader) => readFields(reader, Object.create(null) as object);
READERS[tag.INT32_ARRAY] = readIntegers;
READERS[tag.FLOAT64_ARRAY] = readNumbers;
READERS[tag.SPARSE_ARRAY] = readSparse;
READERS[tag.REFERENCE] = (reader) => reader.reference();
READERS[tag.BIGINT] = readBigint;
READERS[tag.ERROR] = readError;
READERS[tag.REGISTERED_SYMBOL] = readRegisteredSymbol;
READERS[tag.WELL_KNOWN_SYMBOL] = readWellKnownSymbol;
READERS[tag.FUNCTION] = (reader) => reader.hooks.resolveFunction(reader.word(), reader.word());

export function readOther(reader: Reader, head: number): unknown {
  const read = READERS[head];
  if (read === undefined) throw new CorruptMessageError(`it holds an unknown tag ${head}`);
  return read(reader);
}

function readFields(reader: Reader, object: object): object {
  reader.fields(reader.remember(object));
  return object;
}

function readIntegers(reader: Reader): number[] {
  const length = reader.count(4);
  const array = reader.remember(new Array<number>(length));
  let at = reader.take(4 * length);
  const { view } = reader;
  for (let i = 0; i < length; i++, at += 4) array[i] = view.getInt32(at, true);
  return array;
}

function readNumbers(reader: Reader): number[] {
  const length = reader.count(8);
  const array = reader.remember(new Array<number>(length));
  let at = reader.take(8 * length);
  const { view } = reader;
  for (let i = 0; i < length; i++, at += 8) array[i] = view.getFloat64(at, true);
  return array;
}

function readSparse(reader: Reader): unknown[] {
  const array = reader.remember<unknown[]>([]);
  array.length = reader.word();
  reader.fields(array);
  return array;
}
