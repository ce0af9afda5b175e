/**
 * Objects of the platform: those that `postMessage` can carry beside the bytes, and those that stay where they are.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import type { MessagePort } from "node:worker_threads";
import { describeOne } from "../describe.ts";
import { classOf, isNative } from "./instances.ts";
import type { Reader } from "../read/reader.ts";
import { findSharedBuffer, nameSharedBuffer } from "./shared-buffers.ts";
import * as tag from "../tags.ts";
import { isMarked } from "./marks.ts";
import { hasPlatformMethod, isPort, isTransferable } from "./transfer.ts";
import type { Writer } from "../write/writer.ts";
import { writers } from "./writers.ts";
import { CorruptMessageError, type WireError } from "../errors.ts";

/** The library of types for Node does not name these. */
declare const WebAssembly: { Module: new () => object; Memory: new () => object };

export function writeShared(writer: Writer, value: object, at: number): number {
  if (!types.isSharedArrayBuffer(value)) throw writer.impostor("SharedArrayBuffer");
  if (writer.isAbroad) throw writer.notAbroad(describeOne(value));
  writer.hooks.keepShared?.(value);
  return writer.word(tag.SHARED_BUFFER, nameSharedBuffer(value), at);
}

export function readShared(reader: Reader): SharedArrayBuffer {
  const id = reader.word();
  if (reader.hooks.leavesProcess === true) {
    throw new CorruptMessageError("it names shared memory of another process");
  }
  const buffer = reader.ask(() => findSharedBuffer(id));
  reader.ask(() => reader.hooks.keepShared?.(buffer));
  return reader.remember(buffer);
}

/** A port cannot be copied, so to send one is to move it, marked or not. */
export function writePort(writer: Writer, value: object, at: number): number {
  writer.askAs("MessagePort", () => (value as MessagePort).hasRef());
  return writer.moved(value, at);
}

/** Lets `postMessage` carry an object, if it can. Gives nothing when it is no such object. */
export function writeCarried(writer: Writer, value: object, at: number): number | undefined {
  if (isMarked(value)) {
    if (Reflect.get(value, "locked") === true) {
      throw writer.refusal(
        "it is a stream that a reader or writer has locked",
        "release the lock, or send what it reads",
      );
    }
    return writer.moved(value, at);
  }
  return isCarried(value) && canBeCloned(value) ? writer.sideItem(value, false, at) : undefined;
}

function isCarried(value: object): boolean {
  return (
    types.isKeyObject(value) ||
    types.isCryptoKey(value) ||
    value instanceof WebAssembly.Module ||
    value instanceof WebAssembly.Memory ||
    hasPlatformMethod(value, "messaging_clone_symbol")
  );
}

/** Node's objects for `postMessage` are small references; to copy one is the only way to know that it can be. */
function canBeCloned(value: object): boolean {
  try {
    return Object.getPrototypeOf(structuredClone(value)) !== Object.prototype;
  } catch {
    return false;
  }
}

/** What is known of things that stay where they are: a test, why, and what to do. */
const KNOWN: readonly [is: (value: object) => boolean, why: string, remedy: string][] = [
  [types.isPromise, "which settles in the thread that made it", "await it, and send the result"],
  [
    isWeak,
    "which only means something beside the garbage collector of its thread",
    "send the objects that it refers to",
  ],
  [
    isIterator,
    "which is in the middle of its function",
    "send its values, as an array or by transfer(ReadableStream.from(iterator)), or send the function that makes it",
  ],
  [
    types.isModuleNamespaceObject,
    "whose bindings live in this thread",
    "use it in the function, which takes its imports along",
  ],
  [
    isNodeStream,
    "whose descriptor and callbacks live in this thread",
    "open it in the task, send what it reads, or send a web stream by transfer()",
  ],
  [isTransferable, "which can only be moved", "send it by transfer()"],
  [(value) => value instanceof AbortController, "whose power to abort stays here", "send its signal"],
  [
    (value) => value instanceof EventTarget,
    "whose listeners live in this thread",
    "send a MessagePort, and what the events say",
  ],
  [isMemory, "which is not shared", "make it with shared: true"],
  [isTimer, "which the event loop of this thread runs", "start one in the task"],
  [holdsHandle, "which holds a handle of this thread", "open it in the task, or send the data that it gives"],
  [
    isKeptUnderSymbol,
    "which keeps what it is under a symbol that exists in this thread only",
    "send the data that it gives, or make it in the task",
  ],
  [
    isOfPlatform,
    "whose state lives outside JavaScript",
    "send the data that it holds, or make it in the task",
  ],
];

function isWeak(value: object): boolean {
  return (
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    value instanceof WeakRef ||
    value instanceof FinalizationRegistry
  );
}

function isIterator(value: object): boolean {
  return (
    types.isGeneratorObject(value) ||
    types.isMapIterator(value) ||
    types.isSetIterator(value) ||
    value instanceof Iterator
  );
}

/** By what all of them have, so that `node:stream` and `node:net` need not be loaded to ask. */
function isNodeStream(value: object): boolean {
  const isOf = (state: string): boolean =>
    typeof Reflect.get(value, state) === "object" && Reflect.get(value, state) !== null;
  return typeof Reflect.get(value, "pipe") === "function"
    ? isOf("_readableState") || isOf("_writableState")
    : isOf("_writableState");
}

function isMemory(value: object): boolean {
  return value instanceof WebAssembly.Memory;
}

function isTimer(value: object): boolean {
  return "_idleTimeout" in value || "_onImmediate" in value;
}

/** Servers, workers, child processes: what is theirs in native code stands where Node's classes keep it. */
function holdsHandle(value: object): boolean {
  return ["_handle", ...Object.getOwnPropertySymbols(value)].some((key) => {
    const held = objectUnder(value, key);
    return held !== undefined && (isNativeObject(held) || isStateOfSocket(key, held));
  });
}

/** Datagram sockets keep their handle in an object for all their state. */
function isStateOfSocket(key: string | symbol, held: object): boolean {
  const handle = typeof key === "symbol" ? objectUnder(held, "handle") : undefined;
  return handle !== undefined && isNativeObject(handle);
}

function objectUnder(value: object, key: string | symbol): object | undefined {
  const held: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
  return typeof held === "object" && held !== null ? held : undefined;
}

/** Classes of Node whose instances would arrive, and answer wrongly. */
const UNDER_SYMBOLS: ReadonlyMap<string, string> = new Map([
  ["Dirent", "type"],
  ["StringDecoder", "kNativeDecoder"],
]);

function isKeptUnderSymbol(value: object): boolean {
  const name = UNDER_SYMBOLS.get(classOf(Object.getPrototypeOf(value) as object)?.name ?? "");
  return (
    name !== undefined && Object.getOwnPropertySymbols(value).some(({ description }) => description === name)
  );
}

function isNativeObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype || writers.has(prototype) || isPort(value))
    return false;
  const constructor = classOf(prototype);
  return constructor !== undefined && constructor !== Array && isNative(constructor);
}

/** What Node puts on the global object is not listed there; what programs put there is. */
function isOfPlatform(value: object): boolean {
  const constructor = classOf(Object.getPrototypeOf(value) as object);
  if (constructor === undefined) return false;
  const global = Object.getOwnPropertyDescriptor(globalThis, constructor.name);
  return global?.enumerable === false && Reflect.get(globalThis, constructor.name) === constructor;
}

/** Why an object stays, if that is known. */
export function knownRefusal(writer: Writer, value: object): WireError | undefined {
  for (const [is, why, remedy] of KNOWN)
    if (is(value)) return writer.refusal(`it is ${describeOne(value)}, ${why}`, remedy);
  return undefined;
}
