/**
 * Values as JSON text, without losing what JSON has no word for.
 *
 * `JSON.stringify` writes `null` for `NaN`, `{}` for a `Map`, drops the sign of `-0`, and throws at a bigint. A
 * result took work to get, so here each such value is either written in a form that keeps it, or refused.
 *
 * @packageDocumentation
 */
import { ItemError } from "./errors.ts";

/**
 * Gives the JSON text of `value`, or `undefined` for `undefined`, which is said by leaving it out.
 *
 * ```text
 * bigint                      all its digits, as a JSON number
 * -0                          -0
 * NaN, Infinity, -Infinity    {"$type":"number","value":"NaN"}
 * undefined, hole in an array {"$type":"undefined"}        as a property: left out
 * Map, Set                    {"$type":"Map","value":[[key,value],…]}, {"$type":"Set","value":[…]}
 * typed array, ArrayBuffer    {"$type":"Float64Array","value":[…]}
 * Error                       {"$type":"Error","value":{"name":…,"message":…}}
 * RegExp                      {"$type":"RegExp","value":"/a/g"}
 * invalid Date                {"$type":"Date","value":"Invalid Date"}
 * with toJSON (Date, URL …)   what that gives
 * other instances             their own enumerable properties
 * ```
 *
 * @param root - What messages call the value.
 * @throws `ItemError` with the code `ERR_HEDDLE_NOT_JSON` for a function, a symbol, a promise and other things that
 * are no data, and for a value that contains itself; the message says where.
 */
export function jsonText(value: unknown, root: string): string | undefined {
  if (value === undefined) return undefined;
  return new JsonWriter(root).text(value);
}

/** The JSON text of `{name, message, code?, help?, stack?, cause?, attempts?}` of anything thrown. */
export function errorText(thrown: unknown, attempts: number): string {
  return JSON.stringify({ ...describeError(thrown, 3), ...(attempts > 1 && { attempts }) });
}

interface DescribedError {
  name: string;
  message: string;
  code?: string | number;
  /** Where an error of the toolkit is explained. */
  help?: string;
  stack?: string;
  cause?: DescribedError;
}

/** @param depth - How many causes to follow; a chain may be a circle. */
function describeError(thrown: unknown, depth: number): DescribedError {
  if (!(thrown instanceof Error)) return { name: "NonError", message: printable(thrown) };
  const { code } = thrown as { code?: unknown };
  const help = helpOf(thrown);
  return {
    name: thrown.name,
    message: thrown.message,
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(help !== undefined && { help }),
    ...(typeof thrown.stack === "string" && { stack: thrown.stack }),
    ...(thrown.cause !== undefined && depth > 0 && { cause: describeError(thrown.cause, depth - 1) }),
  };
}

/** Where an error is explained, if it is one of the toolkit. */
export function helpOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, help } = thrown as { code?: unknown; help?: unknown };
  return typeof help === "string" && String(code).startsWith("ERR_HEDDLE_") ? help : undefined;
}

/** Something thrown that is no error, in words. */
function printable(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  try {
    return jsonText(thrown, "it") ?? "undefined";
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** Objects that stand for a primitive value. */
const WRAPPERS: ReadonlySet<string> = new Set(["Number", "String", "Boolean", "BigInt"]);

class JsonWriter {
  /** Where the walk is: the root's name, then keys. Kept for messages. */
  readonly #path: string[];
  /** The objects that the walk is inside of. */
  readonly #ancestors: object[] = [];

  constructor(root: string) {
    this.#path = [root];
  }

  text(value: unknown): string {
    switch (typeof value) {
      case "string":
        return JSON.stringify(value);
      case "number":
        return numberText(value);
      case "boolean":
        return value ? "true" : "false";
      case "bigint":
        return String(value);
      case "undefined":
        return '{"$type":"undefined"}';
      case "object":
        return value === null ? "null" : this.#object(value);
      case "function":
      case "symbol":
        break;
    }
    throw this.#refusal(`a ${typeof value}`);
  }

  #object(value: object): string {
    if (this.#ancestors.includes(value)) throw this.#refusal("one of the objects that contain it");
    this.#ancestors.push(value);
    const text = this.#objectText(value);
    this.#ancestors.pop();
    return text;
  }

  #objectText(value: object): string {
    if (Array.isArray(value)) return this.#array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (typeof (value as { toJSON?: unknown }).toJSON === "function")
      return this.#own(value as { toJSON(key: string): unknown });
    if (prototype === Object.prototype || prototype === null) return this.#properties(value);

    if (value instanceof Map) return this.#tagged("Map", [...value]);
    if (value instanceof Set) return this.#tagged("Set", [...value]);
    if (value instanceof Error) return this.#tagged("Error", describeError(value, 3));
    if (value instanceof RegExp) return this.#tagged("RegExp", String(value));
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer || value instanceof DataView) {
      const bytes =
        value instanceof DataView
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
          : new Uint8Array(value);
      return this.#tagged(kindOf(value), [...bytes]);
    }
    if (ArrayBuffer.isView(value))
      return this.#tagged(kindOf(value), [...(value as Float64Array | BigInt64Array)]);
    if (WRAPPERS.has(kindOf(value))) return this.text(value.valueOf());
    if (kindOf(value) !== "Object") throw this.#refusal(`a ${kindOf(value)}`);
    return this.#properties(value);
  }

  #own(value: { toJSON(key: string): unknown }): string {
    if (value instanceof Date && Number.isNaN(value.getTime())) return this.#tagged("Date", "Invalid Date");
    return this.text(value.toJSON(this.#path.at(-1)!));
  }

  #tagged(type: string, value: unknown): string {
    return `{"$type":${JSON.stringify(type)},"value":${this.text(value)}}`;
  }

  #array(values: readonly unknown[]): string {
    let text = "[";
    for (let index = 0; index < values.length; index++) {
      if (index > 0) text += ",";
      const value = values[index];
      text += typeof value === "number" ? numberText(value) : this.#inside(`[${index}]`, value);
    }
    return `${text}]`;
  }

  #properties(value: object): string {
    let text = "{";
    for (const key of Object.keys(value)) {
      const property = (value as Record<string, unknown>)[key];
      if (property === undefined) continue;
      text += `${text === "{" ? "" : ","}${JSON.stringify(key)}:${this.#inside(`.${key}`, property)}`;
    }
    return `${text}}`;
  }

  #inside(step: string, value: unknown): string {
    this.#path.push(step);
    const text = this.text(value);
    this.#path.pop();
    return text;
  }

  #refusal(found: string): ItemError {
    return new ItemError(
      "ERR_HEDDLE_NOT_JSON",
      `Cannot write ${this.#path.join("")} as JSON: it is ${found}`,
    );
  }
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `{"$type":"number","value":"${value}"}`;
}

/** The class that the engine sees: `Map`, `Promise`, `Uint8Array`; `Object` for instances of most classes. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
