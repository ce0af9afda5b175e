/**
 * Reads what {@link Reader.value} does not read itself, by one look into a table.
 *
 * @packageDocumentation
 */
import { readArrayBuffer, readBuffer, readBufferPart, readResizableBuffer, readView } from "./binary.ts";
import { readBoxed, readDate, readHeaders, readRegExp, readSearchParams, readUrl } from "./builtins.ts";
import { readMap, readSet } from "./collections.ts";
import { readError } from "./error-values.ts";
import { CorruptMessageError } from "../errors.ts";
import { readForeignHandle, readHandle } from "./handles.ts";
import { readSharedHeap } from "./shared-heaps.ts";
import { readInstance, readSubclass } from "./instances.ts";
import { readNumberLists } from "./number-lists.ts";
import { readBigint, readRegisteredSymbol, readWellKnownSymbol } from "./primitives.ts";
import { readShared } from "./platform.ts";
import type { Reader } from "../read/reader.ts";
import { readAbortedSignal, readLiveSignal } from "./signals.ts";
import { readStandIn, readStandInFunction } from "./stand-ins.ts";
import * as tag from "../tags.ts";
import { readTicket } from "./tickets.ts";

type Read = (reader: Reader) => unknown;

const READERS: (Read | undefined)[] = new Array<Read | undefined>(256).fill(undefined);
READERS[tag.SHAPE_BY_INDEX] = (reader) => reader.object(tag.SHAPE_BY_INDEX);
READERS[tag.DICTIONARY] = (reader) => readFields(reader, {});
READERS[tag.LARGE_DICTIONARY] = readLarge;
READERS[tag.POSTPONED] = (reader) => reader.postponed();
READERS[tag.NULL_DICTIONARY] = (reader) => readFields(reader, Object.create(null) as object);
READERS[tag.INT32_ARRAY] = readIntegers;
READERS[tag.FLOAT64_ARRAY] = readNumbers;
READERS[tag.NUMBER_LISTS] = readNumberLists;
READERS[tag.SPARSE_ARRAY] = readSparse;
READERS[tag.REFERENCE] = (reader) => reader.reference();
READERS[tag.BIGINT] = readBigint;
READERS[tag.ERROR] = readError;
READERS[tag.REGISTERED_SYMBOL] = readRegisteredSymbol;
READERS[tag.WELL_KNOWN_SYMBOL] = readWellKnownSymbol;
READERS[tag.FUNCTION] = (reader) => reader.function();
READERS[tag.SHARED_BUFFER] = readShared;
READERS[tag.SIDE_ITEM] = (reader) => reader.sideItem();
READERS[tag.MAP] = readMap;
READERS[tag.SET] = readSet;
READERS[tag.DATE] = readDate;
READERS[tag.REGEXP] = readRegExp;
READERS[tag.BOXED] = readBoxed;
READERS[tag.URL_TAG] = readUrl;
READERS[tag.SEARCH_PARAMS] = readSearchParams;
READERS[tag.HEADERS] = readHeaders;
READERS[tag.ARRAY_BUFFER] = readArrayBuffer;
READERS[tag.RESIZABLE_BUFFER] = readResizableBuffer;
READERS[tag.VIEW] = readView;
READERS[tag.BUFFER] = readBuffer;
READERS[tag.BUFFER_PART] = readBufferPart;
READERS[tag.INSTANCE] = readInstance;
READERS[tag.SUBCLASS] = readSubclass;
READERS[tag.HANDLE] = readHandle;
READERS[tag.FOREIGN_HANDLE] = readForeignHandle;
READERS[tag.SHARED_HEAP] = readSharedHeap;
READERS[tag.ABORTED_SIGNAL] = readAbortedSignal;
READERS[tag.LIVE_SIGNAL] = readLiveSignal;
READERS[tag.STAND_IN] = readStandIn;
READERS[tag.STAND_IN_FUNCTION] = readStandInFunction;
READERS[tag.TICKET] = readTicket;

export function readOther(reader: Reader, head: number): unknown {
  const read = READERS[head];
  if (read === undefined) throw new CorruptMessageError(`it holds an unknown tag ${head}`);
  return read(reader);
}

function readFields(reader: Reader, fresh: object): object {
  const object = reader.remember(fresh);
  reader.plainFields(object);
  return object;
}

/** An object without a prototype is a hash table; one with the usual has all its keys in order first, at a cost. */
function readLarge(reader: Reader): object {
  const object = reader.remember(Object.create(null) as object);
  reader.plainFields(object);
  return Object.setPrototypeOf(object, Object.prototype) as object;
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
  const length = reader.word();
  const array = reader.remember<unknown[]>([]);
  reader.fields(array);
  if (array.length > length) throw new CorruptMessageError("an array is longer than it says");
  if (array.length < length) {
    // To set the length would make room for all the holes; to set the last element and take it away does not.
    array[length - 1] = undefined;
    Reflect.deleteProperty(array, length - 1);
  }
  return array;
}
