/**
 * What is moved to the other thread instead of copied.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { workerThreads } from "#heap";
import { describe, describeOne } from "../describe.ts";
import { WireError } from "../errors.ts";
import { mark, takeMark } from "./marks.ts";

let usedUp = 0;

/**
 * Marks a value to be moved, not copied, the next time that it is sent.
 *
 * After that it is of no use in this thread: a buffer has length 0, a port or a stream is closed. The mark is used up
 * when the value has been sent, and kept when that fails.
 *
 * @param value - An `ArrayBuffer`, a view on one (all of its buffer moves), a `MessagePort`, a web stream, or another
 * object that Node can move, such as a `FileHandle`.
 * @returns The value.
 * @throws `WireError` when it cannot be moved. Shared memory need not be: it is not copied in any case. That the memory of
 * WebAssembly cannot be, nor a port that was closed, is found out when it is sent.
 *
 * @example
 * ```ts
 * import { transfer } from "heddle";
 *
 * const pixels = transfer(new Uint8Array(4_000_000));
 * pixels.length; // => 4000000
 * ```
 */
export function transfer<T extends object>(value: T): T {
  const moved: object = ArrayBuffer.isView(value) ? value.buffer : value;
  if (types.isProxy(moved))
    throw refusal("it is a Proxy, whose handler cannot be moved", "give the object behind it");
  if (types.isArrayBuffer(moved)) refuseFixed(moved);
  else if (Object(moved) !== moved || !isTransferable(moved))
    throw refusal(
      `it is ${value === null || value === undefined ? String(value) : describeOne(value)}, which can only be copied or shared`,
      "send it as it is",
    );
  mark(moved);
  return value;
}

function refuseFixed(buffer: ArrayBuffer): void {
  if (buffer.detached) throw refusal("it was moved before", "transfer it once");
  if (workerThreads().isMarkedAsUntransferable(buffer)) {
    throw refusal(
      "its memory is shared with others, as small Buffers are cut from one pool",
      "copy it, or send it as it is",
    );
  }
}

/**
 * Takes back a move that has failed: buffers are marked again. Gives why, in place of what the platform says, which does not tell which thing
 * is at fault.
 *
 * @param error - What came of it.
 */
export function moveFailed(error: unknown, things: readonly object[]): unknown {
  undoMove(things.filter((thing) => types.isArrayBuffer(thing)));
  if (!(error instanceof DOMException) || error.name !== "DataCloneError") return error;
  const thing = things.find(isFixed);
  if (thing === undefined) return error;
  const [found, remedy] = types.isArrayBuffer(thing)
    ? ["it is memory that its owner keeps, as a WebAssembly.Memory does", "copy it: slice()"]
    : ["it was closed, or moved before", "transfer it once, and leave it open until then"];
  return new WireError(`${describeOne(thing)} that is to be moved`, found, remedy);
}

/** Whether a thing cannot be moved: what is twice in a list cannot, but that is found out after it. Nothing is moved by asking. */
function isFixed(thing: object): boolean {
  const other = new ArrayBuffer(0);
  return whyNot([other, other]) !== whyNot([thing, other, other]);
}

function whyNot(transfer: readonly object[]): string {
  try {
    structuredClone(undefined, { transfer: transfer as ArrayBuffer[] });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

function refusal(found: string, remedy: string): WireError {
  return new WireError("the value given to transfer()", found, remedy);
}

/** Takes the mark off. */
export function unmark(value: object): void {
  if (takeMark(value)) usedUp++;
}

/** How many things this thread has moved. A message that was written meanwhile, and moves something, has added to them. */
export function movesSoFar(): number {
  return usedUp;
}

/** Ends a move of buffers that were copied: this thread has them no more. One that is gone already, or cannot go, stays as it is. */
export function endMove(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) {
    try {
      structuredClone(undefined, { transfer: [buffer] });
    } catch {
      // It was moved elsewhere meanwhile, or is memory that nobody can move: the copy has gone over in any case.
    }
  }
}

/** Takes a move of buffers back: they are marked again. */
export function undoMove(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) if (!buffer.detached) mark(buffer);
}

/** Whether Node can move an object that is no buffer: it says so by a method under a symbol of its own. */
export function isTransferable(value: object): boolean {
  return isPort(value) || hasPlatformMethod(value, "messaging_transfer_symbol");
}

/** Asks Node's module of threads only about what calls itself a port. */
export function isPort(value: object): boolean {
  return describe(value) === "MessagePort" && value instanceof workerThreads().MessagePort;
}

/** Whether the class of an object has one of the methods by which Node's own classes take part in `postMessage`. */
export function hasPlatformMethod(value: object, description: string): boolean {
  for (let up: object | null = Object.getPrototypeOf(value); up !== null; up = Object.getPrototypeOf(up)) {
    for (const symbol of Object.getOwnPropertySymbols(up))
      if (symbol.description === description) return true;
  }
  return false;
}
