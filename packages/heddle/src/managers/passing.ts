/**
 * What stays where it is when it is sent: rules of passing by reference.
 *
 * @packageDocumentation
 */
import { functions } from "../portable/functions-later.ts";
import { types } from "node:util";
import { isDeclaredPortable } from "../portable/index.ts";
import { isHandle } from "../wire/index.ts";
import { Connection } from "../workers/index.ts";
import { isMarked } from "./marks.ts";

/** What becomes of a thing that is sent. */
export type Passing = "copy" | "lend" | "stream" | "signal";

/** How a thing is passed that is no proxy. */
export function passingOf(thing: object): Passing {
  if (isMarked(thing)) return "lend";
  if (typeof thing === "function") return isCode(thing) ? "copy" : "lend";
  if (thing instanceof AbortSignal) return thing.aborted ? "copy" : "signal";
  if (types.isProxy(thing) || isHandle(thing) || thing instanceof Connection) return "copy";
  if (types.isGeneratorObject(thing) || thing instanceof Iterator) return "stream";
  if (typeof Reflect.get(thing, Symbol.asyncIterator) === "function") return "stream";
  return isUncopyable(thing) ? "lend" : "copy";
}

/** Whether only the code of its class can make the like of an object. An error arrives in any case, as it can. */
function isUncopyable(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return false;
  const cls: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof cls === "function" && !types.isNativeError(object) && functions().holdsPrivateNames(cls);
}

/** Classes travel, and what the program says is to; other functions are called where they are. */
function isCode(fn: Function): boolean {
  if (isDeclaredPortable(fn)) return true;
  const text = Function.prototype.toString.call(fn);
  if (text.startsWith("class")) return true;
  return text.endsWith("{ [native code] }") && Object.hasOwn(fn, "prototype");
}
