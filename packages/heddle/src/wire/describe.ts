/**
 * What a value is, in a word or two, for people.
 *
 * @packageDocumentation
 */

import { types } from "node:util";

/**
 * The name of an object's class, "function name", "Proxy", or the type. Runs no code of the value's but getters of names, and throws
 * nothing that they throw.
 */
export function describe(value: unknown): string {
  if (typeof value === "symbol") return String(value);
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return typeof value;
  if (types.isProxy(value)) return "Proxy";
  return typeof value === "function" ? describeFunction(value) : (nameOfClass(value) ?? tagOf(value));
}

function describeFunction(fn: Function): string {
  const name = attempt(() => fn.name);
  return typeof name === "string" && name !== "" ? `function ${name}` : "function";
}

function nameOfClass(object: object): string | undefined {
  const name = attempt(() => (object.constructor as Function | undefined)?.name);
  return typeof name === "string" && name !== "" && name !== "Object" ? name : undefined;
}

function tagOf(object: object): string {
  const tag = attempt(() => Object.prototype.toString.call(object));
  return typeof tag === "string" ? tag.slice("[object ".length, -1) : "Object";
}

/** What a getter gives; nothing where it throws. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** An "u" that is spoken as in "you": `Uint8Array`, `URL`. */
const ARTICLE_AN = /^(?:[aeio]|u(?![irst]))/i;

/** A name with its article. */
export function oneOf(name: string): string {
  return `${ARTICLE_AN.test(name) ? "an" : "a"} ${name}`;
}

/** What a value is, with its article. */
export function describeOne(value: unknown): string {
  return oneOf(describe(value));
}
