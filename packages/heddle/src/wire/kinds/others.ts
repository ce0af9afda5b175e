/**
 * Writes what is neither a plain object, an array, a number, a string nor a constant.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { writeArray } from "./arrays.ts";
import { VIEW_PROTOTYPES, writeArrayBuffer, writeBuffer, writeView } from "./binary.ts";
import { writeBoxed, writeDate, writeHeaders, writeRegExp, writeSearchParams, writeUrl } from "./builtins.ts";
import { writeMap, writeSet } from "./collections.ts";
import { describe, describeOne } from "../describe.ts";
import { ERROR_NAMES, ERROR_PROTOTYPES, writeError } from "./error-values.ts";
import { handleClassBehind } from "./handles.ts";
import { classOf, isNative, writeInstance, writeSubclass } from "./instances.ts";
import { writeDictionary } from "./objects.ts";
import { knownRefusal, writeCarried, writePort, writeShared } from "./platform.ts";
import { writeBigint, writeSymbol } from "./primitives.ts";
import { writeSignal } from "./signals.ts";
import { isPort } from "./transfer.ts";
import { isTraveller, writeProxy } from "./proxies.ts";
import { writeStandIn } from "./stand-ins.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";
import { instanceClasses, writers, type Write } from "./writers.ts";

const BOXES = [Number, String, Boolean, BigInt, Symbol];

writers.set(Map.prototype, writeMap);
writers.set(Set.prototype, writeSet);
writers.set(Date.prototype, writeDate);
writers.set(RegExp.prototype, writeRegExp);
writers.set(ArrayBuffer.prototype, writeArrayBuffer);
writers.set(SharedArrayBuffer.prototype, writeShared);
writers.set(Buffer.prototype, writeBuffer);
writers.set(URL.prototype, writeUrl);
writers.set(URLSearchParams.prototype, writeSearchParams);
writers.set(AbortSignal.prototype, writeSignal);
for (const prototype of VIEW_PROTOTYPES) writers.set(prototype, writeView);
for (const prototype of ERROR_PROTOTYPES) writers.set(prototype, writeError);
for (const box of BOXES) writers.set(box.prototype, writeBoxed);

export function writeOther(writer: Writer, value: unknown, at: number): number {
  switch (typeof value) {
    case "bigint":
      return writeBigint(writer, value, at);
    case "symbol":
      return writeSymbol(writer, value, at);
    case "function":
      return writeFunction(writer, value, at);
    default:
      return writeOtherObject(writer, value as object, at);
  }
}

function writeFunction(writer: Writer, fn: Function, at: number): number {
  const plain = writer.hooks.standIn?.(fn);
  if (plain !== undefined) return writeStandIn(writer, tag.STAND_IN_FUNCTION, plain, at);
  if (types.isProxy(fn) && isTraveller(fn)) return writeTraveller(writer, fn, at);
  return writer.function(tag.FUNCTION, fn, at);
}

function writeTraveller(writer: Writer, proxy: Function, at: number): number {
  const met = writer.identities.meet(proxy);
  return met >= 0 ? writer.reference(met, at) : writeProxy(writer, proxy, at);
}

function writeOtherObject(writer: Writer, value: object, at: number): number {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return writeWithoutPrototype(writer, value, at);
  const write = writers.get(prototype);
  return write === undefined ? writeByBrand(writer, value, prototype, at) : write(writer, value, at);
}

function writeWithoutPrototype(writer: Writer, value: object, at: number): number {
  const write = writerByBrand(value);
  if (write !== undefined) return write(writer, value, at);
  const refusal = types.isModuleNamespaceObject(value) ? knownRefusal(writer, value) : undefined;
  if (refusal !== undefined) throw refusal;
  return writeDictionary(writer, tag.NULL_DICTIONARY, value, at);
}

/** What the prototype does not tell: subclasses, objects from other realms, objects of the platform. */
function writeByBrand(writer: Writer, value: object, prototype: object, at: number): number {
  const constructor = classOf(prototype);
  const write = writerByBrand(value) ?? (isPort(value) ? writePort : undefined);
  if (write !== undefined) {
    if (write === writeError || constructor === undefined || isNative(constructor))
      return write(writer, value, at);
    return writeSubclass(writer, constructor, write, value, at);
  }
  const carried = writeCarried(writer, value, at) ?? writeFetchHeaders(writer, value, at);
  if (carried !== undefined) return carried;
  const refusal = knownRefusal(writer, value);
  if (refusal !== undefined) throw refusal;
  if (constructor === undefined) {
    throw writer.refusal(
      `it is ${describeOne(value)} whose prototype belongs to no class`,
      "send a plain copy, as by { ...it }",
    );
  }
  if (isNative(constructor)) return writeNative(writer, value, constructor, at);
  refuseDerived(writer, value, prototype);
  refuseNative(writer, value, prototype);
  instanceClasses.add(prototype);
  writers.set(prototype, (writer, value, at) => writeMember(writer, constructor, value, at));
  return writeInstance(writer, constructor, value, at);
}

/** What a program adds to a shared object by extending its class is in this thread only. */
function refuseDerived(writer: Writer, value: object, prototype: object): void {
  const shared = handleClassBehind(prototype);
  if (shared === undefined) return;
  throw writer.refusal(
    `it is ${describeOne(value)}, whose class extends ${shared.name}, and no other thread would know it as that`,
    `keep a ${shared.name} in a field of it, and send that`,
  );
}

/** Those that keep nothing of an object which is of an old-style class that inherits from them. */
const PLAIN_NATIVE: ReadonlySet<string> = new Set(["Object", "Array", "Function", ...ERROR_NAMES]);

/** What a class of the platform keeps of an object is nothing that can be read. */
function refuseNative(writer: Writer, value: object, prototype: object): void {
  for (let up: object | null = prototype; up !== null; up = Object.getPrototypeOf(up) as object | null) {
    const cls = classOf(up);
    if (cls === undefined || !isNative(cls) || PLAIN_NATIVE.has(cls.name)) continue;
    throw writer.refusal(
      `it is ${describeOne(value)}, whose class extends ${cls.name}, which keeps its state outside JavaScript`,
      "send the data that it holds, or make it in the task",
    );
  }
}

/** An object whose prototype has turned out to be that of a class in JavaScript. */
function writeMember(writer: Writer, constructor: Function, value: object, at: number): number {
  const write = writerByBrand(value);
  if (write !== undefined) return writeSubclass(writer, constructor, write, value, at);
  return writeInstance(writer, constructor, value, at);
}

/** By the internal slots of the object, whatever its prototype. */
function writerByBrand(value: object): Write | undefined {
  if (Array.isArray(value)) return writeArray as Write;
  if (types.isMap(value)) return writeMap;
  if (types.isSet(value)) return writeSet;
  if (types.isNativeError(value)) return writeError;
  if (Buffer.isBuffer(value)) return writeBuffer;
  if (ArrayBuffer.isView(value)) return writeView;
  if (types.isArrayBuffer(value)) return writeArrayBuffer;
  if (types.isSharedArrayBuffer(value)) return writeShared;
  if (types.isDate(value)) return writeDate;
  if (types.isRegExp(value)) return writeRegExp;
  if (types.isBoxedPrimitive(value)) return writeBoxed;
  return undefined;
}

/** An instance of a class that is not written in JavaScript: of another realm's `Object`, or of something unknown. */
function writeNative(writer: Writer, value: object, constructor: Function, at: number): number {
  if (constructor.name === "Object") return writeDictionary(writer, tag.DICTIONARY, value, at);
  throw writer.refusal(
    `it is ${describeOne(value)}, whose state lives outside JavaScript`,
    "send the data that it holds, or make it in the task",
  );
}

/** Headers come with `fetch`, which is not loaded to ask about an object that cannot be any. */
function writeFetchHeaders(writer: Writer, value: object, at: number): number | undefined {
  return describe(value) === "Headers" && value instanceof Headers
    ? writeHeaders(writer, value, at)
    : undefined;
}
