/**
 * Values that are no more than data, as JSON. Both sides are in this file, which needs nothing: what reads and writes any message takes
 * longer to be loaded than a new process to start.
 *
 * What JSON has no word for is an object whose only key is empty: `{"":"-0"}`, `{"":["Set",[1]]}`. An object with an empty key is
 * therefore no plain value.
 *
 * @packageDocumentation
 */
import { types } from "node:util";

/** More are written sooner as a message, whatever has to be loaded for that. */
const MOST_VALUES = 10_000;
const DEEPEST = 64;

/** No other text has this: in strings there is a backslash before each quotation mark. */
const SPECIAL = '{"":';

/** A value is more than data. */
class NotPlain extends Error {}

/**
 * The text of a value, if that is no more than data and each object is met once in it: primitives but symbols, arrays without holes,
 * objects with the usual prototype, dates, maps and sets. Getters are run.
 *
 * @returns `undefined` for any other value, and for one so large that it had better be a message.
 *
 * @remarks
 * Cost: twice that of `JSON.stringify`.
 */
export function plainText(value: unknown): string | undefined {
  // Somebody has given all objects a way of their own to be written.
  if ("toJSON" in Object.prototype || "toJSON" in Array.prototype) return undefined;
  try {
    return JSON.stringify(new Data().of(value, 0));
  } catch {
    // A getter that throws will do so again.
    return undefined;
  }
}

/** The value that {@link plainText} gave the text of: each call makes another one. */
export function fromPlainText(text: string): unknown {
  const data: unknown = JSON.parse(text);
  return text.includes(SPECIAL) ? valueOf(data) : data;
}

/** What is written of one value. */
class Data {
  readonly #met = new Set<object>();
  #count = 0;

  of(value: unknown, depth: number): unknown {
    if (++this.#count > MOST_VALUES) throw new NotPlain();
    if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
    if (typeof value === "number") return numberOf(value);
    if (typeof value === "object") return this.#content(value, depth);
    if (value === undefined) return special(value);
    if (typeof value === "bigint") return special(`${value}n`);
    throw new NotPlain();
  }

  #content(object: object, depth: number): object {
    if (types.isProxy(object) || this.#met.has(object) || depth === DEEPEST) throw new NotPlain();
    this.#met.add(object);
    const prototype: unknown = Object.getPrototypeOf(object);
    const keys = Object.keys(object);
    if (Object.getOwnPropertySymbols(object).length > 0) throw new NotPlain();
    if (Array.isArray(object) && prototype === Array.prototype) {
      // A hole, or a key that is no index.
      const isDense = keys.length === object.length && Number(keys.at(-1) ?? -1) === object.length - 1;
      if (!isDense) throw new NotPlain();
      return object.map((element: unknown) => this.of(element, depth + 1));
    }
    if (keys.length === 0 && prototype !== Object.prototype) return this.#builtin(object, prototype, depth);
    if (prototype !== Object.prototype || types.isNativeError(object)) throw new NotPlain();
    const data: Record<string, unknown> = {};
    for (const key of keys) {
      if (key === "" || key === "__proto__") throw new NotPlain();
      data[key] = this.of((object as Record<string, unknown>)[key], depth + 1);
    }
    return data;
  }

  #builtin(object: object, prototype: unknown, depth: number): object {
    const parts = (all: Iterable<unknown>): unknown[] => Array.from(all, (part) => this.of(part, depth + 1));
    if (prototype === Date.prototype && types.isDate(object))
      return { "": ["Date", numberOf(object.getTime())] };
    if (prototype === Set.prototype && types.isSet(object)) return { "": ["Set", parts(object)] };
    if (prototype === Map.prototype && types.isMap(object)) return { "": ["Map", parts(object)] };
    throw new NotPlain();
  }
}

function numberOf(value: number): unknown {
  if (Object.is(value, -0)) return special("-0");
  return Number.isFinite(value) ? value : special(value);
}

function special(what: unknown): object {
  return { "": String(what) };
}

function valueOf(data: unknown): unknown {
  if (typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) return data.map(valueOf);
  const fields = data as Record<string, unknown>;
  const what = fields[""];
  if (typeof what === "string") return primitiveOf(what);
  if (what !== undefined) return builtinOf(what as readonly [string, unknown]);
  for (const key of Object.keys(fields)) fields[key] = valueOf(fields[key]);
  return fields;
}

function builtinOf([name, content]: readonly [name: string, content: unknown]): object {
  const parts: unknown = valueOf(content);
  if (name === "Date") return new Date(parts as number);
  return name === "Set" ? new Set(parts as unknown[]) : new Map(parts as [unknown, unknown][]);
}

function primitiveOf(what: string): unknown {
  if (what === "undefined") return undefined;
  return what.endsWith("n") ? BigInt(what.slice(0, -1)) : Number(what);
}
