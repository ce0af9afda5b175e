/**
 * While a model is checked, the global `Atomics`, `SharedArrayBuffer` and typed arrays are those of the model, and the
 * clocks stand still. So code that uses them runs unchanged.
 *
 * `check` is synchronous: nobody else runs meanwhile who could notice.
 *
 * @packageDocumentation
 */
import { isModelBuffer, modelArray, modelBufferClass, ModelWords, wordsBehind } from "./model-arrays.ts";
import type { ModelHeapParts } from "./model-heap.ts";
import { replaceMembers } from "./replace-members.ts";
import type { Gate } from "./thread-tree.ts";

const OTHER_VIEWS = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView",
];

type Constructor = abstract new (...args: never[]) => object;
type Construct = (target: Constructor, args: unknown[], newTarget: Function) => object;

/** Puts the model's globals in place. Gives what puts the others back. */
export function useModelGlobals({ gate, buffers }: Pick<ModelHeapParts, "gate" | "buffers">): () => void {
  return replaceMembers([
    [globalThis, { SharedArrayBuffer: modelBufferClass(gate, buffers), ...views(gate) }],
    [Atomics, atomics(gate)],
    [performance, { now: () => gate.nowMs }],
    [Date, { now: () => gate.nowMs }],
  ]);
}

function views(gate: Gate): Record<string, unknown> {
  const all: Record<string, unknown> = {
    Int32Array: wordArrays(gate, Int32Array, true),
    Uint32Array: wordArrays(gate, Uint32Array, false),
  };
  for (const name of OTHER_VIEWS) {
    all[name] = onOtherBuffersOnly(Reflect.get(globalThis, name) as Constructor, () => {
      throw new TypeError(
        `Cannot model a ${name} on shared memory: only words of 32 bits can be followed (Int32Array, Uint32Array)`,
      );
    });
  }
  return all;
}

function wordArrays(gate: Gate, constructor: Constructor, isSigned: boolean): Constructor {
  const made: Constructor = onOtherBuffersOnly(constructor, (_, [buffer, offset, length]) =>
    modelArray(
      new ModelWords(
        gate,
        isSigned,
        buffer as object,
        offset as number | undefined,
        length as number | undefined,
      ),
      made,
    ),
  );
  return made;
}

/** The constructor as it is, but for the model's buffers. */
function onOtherBuffersOnly(constructor: Constructor, onModelBuffer: Construct): Constructor {
  return new Proxy(constructor, {
    construct: (target, args: unknown[], newTarget) =>
      isModelBuffer(args[0])
        ? onModelBuffer(target, args, newTarget)
        : (Reflect.construct(target, args, newTarget) as object),
  });
}

type Words = Int32Array<SharedArrayBuffer>;
type Change = (array: Words, index: number, value: number) => number;

function atomics(gate: Gate): Partial<Record<keyof typeof Atomics, unknown>> {
  const change =
    (kind: "add" | "and" | "or" | "xor" | "exchange"): Change =>
    (array, index, value) =>
      wordsBehind(array).perform(kind, index, value | 0) as number;
  const wait = (array: Words, index: number, expected: number, timeoutMs?: number): unknown =>
    wordsBehind(array).perform("wait", index, expected | 0, timeoutOf(timeoutMs));
  return {
    add: change("add"),
    sub: ((array, index, value) => change("add")(array, index, -value)) satisfies Change,
    and: change("and"),
    or: change("or"),
    xor: change("xor"),
    exchange: change("exchange"),
    load: (array: Words, index: number) => wordsBehind(array).perform("load", index),
    store: ((array, index, value) => {
      wordsBehind(array).perform("store", index, value | 0);
      return Math.trunc(value);
    }) satisfies Change,
    compareExchange: (array: Words, index: number, expected: number, replacement: number) =>
      wordsBehind(array).perform("compareExchange", index, expected | 0, replacement | 0),
    wait,
    waitAsync: (array: Words, index: number, expected: number, timeoutMs?: number) => {
      const outcome = wait(array, index, expected, timeoutMs);
      return outcome === "not-equal"
        ? { async: false, value: outcome }
        : { async: true, value: Promise.resolve(outcome) };
    },
    notify: (array: Words, index: number, count: number = Infinity) =>
      wordsBehind(array).perform("notify", index, count),
    pause: () => gate.perform("pause", 0, 0, 0),
  };
}

function timeoutOf(timeoutMs: number | undefined): number {
  return timeoutMs === undefined || Number.isNaN(timeoutMs) ? Infinity : Math.max(0, timeoutMs);
}
