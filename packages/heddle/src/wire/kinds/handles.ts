/**
 * Objects that stand for something in the shared heap, and travel as a kind and an address.
 *
 * @packageDocumentation
 */
import { SharedHeap } from "#heap";
import { describeOne } from "../describe.ts";
import { CorruptMessageError, NotLoadedError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import { readLocated } from "./shared-heaps.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";
import { writers } from "./writers.ts";

/** How the handles of one class cross. */
export interface HandleForm<T> {
  /** The address that a handle stands for. */
  address(handle: T): number;
  /** The heap that the address is in. Absent: the one that the message is for. */
  heap?(handle: T): object;
  /** A handle for an address in a heap. */
  revive(address: number, heap: object | undefined): T;
}

/** A class, whatever its constructor takes. */
export type HandleClass<T> = (abstract new (...args: never[]) => T) & { readonly prototype: T };

const SHARE = "make it with { heap } in a SharedHeap, which both have, or send the data that it holds";

const forms = new Map<string, HandleForm<object>>();
const prototypes = new Set<object>();

/** Whether `value` crosses as a handle: it is the same object on the other side, and never a copy. */
export function isHandle(value: object): boolean {
  return prototypes.has(Object.getPrototypeOf(value) as object);
}

/** The class of handles that a class extends which is none itself. */
export function handleClassBehind(prototype: object): Function | undefined {
  for (let up: object | null = prototype; up !== null; up = Object.getPrototypeOf(up) as object | null) {
    if (prototypes.has(up)) return up.constructor;
  }
  return undefined;
}

/**
 * Declares how the handles of a class cross: both threads run this when they load the module of the class.
 *
 * @param kind - Name and version of what stands at the address, such as "sync.Lock/1". Another layout there is another
 * kind.
 */
export function registerHandle<T extends object>(
  kind: string,
  cls: HandleClass<T>,
  how: HandleForm<T>,
): void {
  forms.set(kind, how);
  prototypes.add(cls.prototype);
  writers.set(cls.prototype, (writer, handle, at) => {
    const { hooks } = writer;
    const heap = how.heap?.(handle as T) ?? hooks.heap;
    const isElsewhere = heap instanceof SharedHeap && heap !== hooks.heap;
    if (writer.isAbroad && !(heap instanceof SharedHeap)) throw writer.notAbroad(describeOne(handle), SHARE);
    const address = how.address(handle as T);
    if (isElsewhere) return writeForeign(writer, { kind, handle, address, heap }, at);
    at = writer.string(kind, writer.byte(tag.HANDLE, at));
    at = writer.number(address, at);
    hooks.keepHandle?.(handle, address);
    return at;
  });
}

/** Loads the modules that declare handles. */
let load: (() => Promise<unknown>) | undefined;
let loading: Promise<unknown> | undefined;
/** Why they could not be loaded. */
let failure: { readonly reason: unknown } | undefined;

/** Says how to load the modules that declare handles: done when the first one comes that is not known. */
export function loadHandlesBy(loader: () => Promise<unknown>): void {
  load = loader;
}

/**
 * Loads the modules that declare handles, if that has not been done: settles when it has.
 *
 * @throws What kept them from being loaded.
 */
export function handleLoading(): Promise<unknown> | undefined {
  if (failure !== undefined) throw failure.reason;
  if (load === undefined) return undefined;
  return (loading ??= load().then(
    () => (load = undefined),
    (reason: unknown) => (failure = { reason }),
  ));
}

export function readHandle(reader: Reader): object {
  const kind = reader.string();
  const address = reader.part();
  if (typeof address !== "number") throw new CorruptMessageError("a handle has no address");
  const { hooks } = reader;
  if (hooks.leavesProcess === true && hooks.heap === undefined) {
    throw new CorruptMessageError("it names something in the heap of another process");
  }
  const handle = reader.ask(() => formOf(kind).revive(address, hooks.heap));
  reader.ask(() => hooks.keepHandle?.(handle, address));
  return reader.remember(handle);
}

interface Foreign {
  readonly kind: string;
  readonly handle: object;
  readonly address: number;
  readonly heap: SharedHeap;
}

/** What is kept in a shared heap is found there from everywhere. */
function writeForeign(writer: Writer, { kind, handle, address, heap }: Foreign, at: number): number {
  at = writer.string(kind, writer.byte(tag.FOREIGN_HANDLE, at));
  at = writer.string(heap.locator, at);
  at = writer.number(address, at);
  writer.hooks.keepForeign?.(handle);
  return at;
}

export function readForeignHandle(reader: Reader): object {
  const kind = reader.string();
  const heap = readLocated(reader);
  const address = reader.part();
  if (typeof address !== "number") throw new CorruptMessageError("a handle has no address");
  const handle = reader.ask(() => formOf(kind).revive(address, heap));
  reader.hooks.keepForeign?.(handle);
  return reader.remember(handle);
}

function formOf(kind: string): HandleForm<object> {
  const form = forms.get(kind);
  if (form !== undefined) return form;
  const loading = handleLoading();
  if (loading !== undefined) throw new NotLoadedError(loading);
  throw new CorruptMessageError(
    `it holds a handle of kind ${kind}, which nothing in this thread has registered`,
  );
}
