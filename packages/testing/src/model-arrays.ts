/**
 * What stands in for `SharedArrayBuffer`, and the arrays of words on one, while a model is checked.
 *
 * A buffer is a block of the model heap, full of zeros. An array's elements are plain accesses, and so may not race.
 *
 * @packageDocumentation
 */
import type { StepKind, StepResult } from "./steps.ts";
import type { Gate } from "./thread-tree.ts";

/** The block that a buffer is, with its true length. */
interface Block {
  readonly address: number;
  readonly byteLength: number;
}

const blocks = new WeakMap<object, Block>();

export function isModelBuffer(value: unknown): value is object {
  return typeof value === "object" && value !== null && blocks.has(value);
}

/** A class whose instances are blocks that are reached through `gate`. They are numbered in `numbers`, by address. */
export function modelBufferClass(
  gate: Gate,
  numbers: Map<number, number>,
): new (byteLength: number, options?: object) => object {
  return class SharedArrayBuffer {
    constructor(byteLength: number = 0, options?: { maxByteLength?: number }) {
      if (options?.maxByteLength !== undefined) {
        throw new TypeError(
          "Cannot model a SharedArrayBuffer that can grow: give it its full length at once",
        );
      }
      if (!Number.isInteger(byteLength) || byteLength < 0) {
        throw new RangeError(`Cannot make a SharedArrayBuffer of ${byteLength} bytes: that is no length`);
      }
      const address = gate.perform("allocate", 0, byteLength, 1) as number;
      blocks.set(this, { address, byteLength });
      if (!numbers.has(address)) numbers.set(address, numbers.size + 1);
    }

    get byteLength(): number {
      return blocks.get(this)!.byteLength;
    }

    get growable(): boolean {
      return false;
    }

    get [Symbol.toStringTag](): string {
      return "SharedArrayBuffer";
    }
  };
}

const WORD_BYTES = 4;

/** The words of an array, where its elements are. */
export class ModelWords {
  readonly buffer: object;
  readonly byteOffset: number;
  readonly length: number;
  readonly #gate: Gate;
  readonly #address: number;
  readonly #isSigned: boolean;

  constructor(gate: Gate, isSigned: boolean, buffer: object, byteOffset: number = 0, length?: number) {
    const { address, byteLength } = blocks.get(buffer)!;
    const count = length ?? (byteLength - byteOffset) / WORD_BYTES;
    if (byteOffset % WORD_BYTES !== 0 || !Number.isInteger(count) || count < 0) {
      throw new RangeError(
        `Cannot make an array of words at byte ${byteOffset} of ${byteLength}: no whole words`,
      );
    }
    if (byteOffset + WORD_BYTES * count > byteLength) {
      throw new RangeError(`Cannot make an array of ${count} words at byte ${byteOffset} of ${byteLength}`);
    }
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.length = count;
    this.#gate = gate;
    this.#address = address + byteOffset;
    this.#isSigned = isSigned;
  }

  /** Takes a step on an element. A number that comes of it is what the array's elements are. */
  perform(kind: StepKind, index: number, first: number = 0, second: number = 0): StepResult {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`Cannot access element ${index}: the array has ${this.length}`);
    }
    const result = this.#gate.perform(kind, this.#address + WORD_BYTES * index, first, second);
    return typeof result === "number" ? this.#valueOf(result) : result;
  }

  #valueOf(word: number): number {
    return this.#isSigned ? word | 0 : word >>> 0;
  }
}

const wordsOf = new WeakMap<object, ModelWords>();

/** The words behind an array that a program made while it was checked. */
export function wordsBehind(array: object): ModelWords {
  const words = wordsOf.get(array);
  if (words === undefined) {
    throw new TypeError(
      "Cannot follow an access to this array: it was made outside of check(); make its SharedArrayBuffer and " +
        "the array within the program",
    );
  }
  return words;
}

/** An array of words, as far as a proxy can be one. */
export function modelArray(words: ModelWords, constructor: Function): object {
  const target = Object.create(constructor.prototype as object) as object;
  const array: object = new Proxy(target, {
    get: (_, key) => elementOf(words, key) ?? memberOf(array, words, constructor, key),
    set: (_, key, value) => {
      const index = indexOf(key);
      if (index === undefined) return false;
      if (index < words.length) words.perform("poke", index, Number(value) | 0);
      return true;
    },
    has: (_, key) => {
      const index = indexOf(key);
      return index === undefined ? key in target : index < words.length;
    },
    ownKeys: () => Array.from({ length: words.length }, (_, index) => String(index)),
    getOwnPropertyDescriptor: (_, key) => {
      const value = elementOf(words, key);
      return value === undefined
        ? undefined
        : { value, writable: true, enumerable: true, configurable: true };
    },
  });
  wordsOf.set(array, words);
  return array;
}

function indexOf(key: string | symbol): number | undefined {
  return typeof key === "string" && /^(0|[1-9]\d*)$/.test(key) ? Number(key) : undefined;
}

function elementOf(words: ModelWords, key: string | symbol): number | undefined {
  const index = indexOf(key);
  return index === undefined || index >= words.length ? undefined : (words.perform("peek", index) as number);
}

function memberOf(array: object, words: ModelWords, constructor: Function, key: string | symbol): unknown {
  switch (key) {
    case "constructor":
      return constructor;
    case "buffer":
    case "byteOffset":
    case "length":
      return words[key];
    case "byteLength":
      return WORD_BYTES * words.length;
    case "BYTES_PER_ELEMENT":
      return WORD_BYTES;
    case Symbol.toStringTag:
      return constructor.name;
    case Symbol.iterator:
      return [][Symbol.iterator];
    case "set":
      return (source: ArrayLike<number>, offset: number = 0) =>
        Array.from(source).forEach((value, index) => words.perform("poke", offset + index, value | 0));
    case "subarray":
      return (begin: number = 0, end: number = words.length) => {
        const [first, last] = [begin, end].map((at) =>
          Math.min(at < 0 ? at + words.length : at, words.length),
        );
        const length = Math.max(0, last! - first!);
        return Reflect.construct(constructor, [words.buffer, words.byteOffset + WORD_BYTES * first!, length]);
      };
    default:
      return methodOf(array, key);
  }
}

/** The methods of arrays work on anything with a length; those of typed arrays, of the same names, do not. */
function methodOf(array: object, key: string | symbol): unknown {
  const method: unknown = Reflect.get(Array.prototype, key);
  return typeof method === "function" && key in Int32Array.prototype
    ? (method.bind(array) as unknown)
    : undefined;
}
