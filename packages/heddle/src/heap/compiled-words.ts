/**
 * The atomic instructions on words, compiled: on memory that WebAssembly knows, V8 calls a function of WebAssembly in a third of the
 * time that it takes to call `Atomics`, which it never puts in line.
 *
 * @packageDocumentation
 */
import type { Words } from "./heap.ts";

/** The part of `WebAssembly.Memory` that is used here: the library of types for Node does not name it. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/** As the same of `Words`, for addresses within the memory as this thread saw it when it was last told of growth. */
export type CompiledWords = Pick<
  Words,
  "add" | "and" | "compareExchange" | "exchange" | "load" | "or" | "store"
>;

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const VERSION = [1, 0, 0, 0];
const I32 = 0x7f;
const LOCAL_GET = 0x20;
const END = 0x0b;
/** The prefix of the atomic instructions. */
const ATOMIC = 0xfe;
/** Words are at multiples of 2² bytes, and no further from their addresses. */
const WORD = [2, 0];
const MOST_PAGES = 65_536;
const SHARED_WITH_MAXIMUM = 3;
const MEMORY = 2;
const FUNCTION = 0;

/** Types of functions: how many words they take, and give. */
const LOAD = { takes: 1, gives: 1 };
const STORE = { takes: 2, gives: 0 };
const MODIFY = { takes: 2, gives: 1 };
const COMPARE = { takes: 3, gives: 1 };
const TYPES = [LOAD, STORE, MODIFY, COMPARE];

/** Each is one instruction, in the encoding of the threads proposal. */
const FUNCTIONS = [
  { name: "load", type: LOAD, instruction: 0x10 },
  { name: "store", type: STORE, instruction: 0x17 },
  { name: "add", type: MODIFY, instruction: 0x1e },
  { name: "and", type: MODIFY, instruction: 0x2c },
  { name: "or", type: MODIFY, instruction: 0x33 },
  { name: "exchange", type: MODIFY, instruction: 0x41 },
  { name: "compareExchange", type: COMPARE, instruction: 0x48 },
] as const satisfies readonly { name: keyof CompiledWords; type: object; instruction: number }[];

/**
 * Compiles them, for one thread.
 *
 * @returns What must not be used beyond the end of the memory as it is now, or was when this thread last called `grow`.
 */
export function compileWords(memory: WasmMemory): CompiledWords {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { heap: { memory } });
  return exports as CompiledWords;
}

function moduleBytes(): Uint8Array {
  const types = TYPES.map(({ takes, gives }) => [0x60, ...list(words(takes)), ...list(words(gives))]);
  const limits = [SHARED_WITH_MAXIMUM, 0, ...unsigned(MOST_PAGES)];
  const bodies = FUNCTIONS.map(({ type: { takes }, instruction }) => {
    const operands = Array.from({ length: takes }, (_, index) => [LOCAL_GET, index]).flat();
    return list([0, ...operands, ATOMIC, instruction, ...WORD, END]);
  });
  return Uint8Array.from([
    0,
    ...characters("asm"),
    ...VERSION,
    ...section(1, types),
    ...section(2, [[...name("heap"), ...name("memory"), MEMORY, ...limits]]),
    ...section(
      3,
      FUNCTIONS.map(({ type }) => [TYPES.indexOf(type)]),
    ),
    ...section(
      7,
      FUNCTIONS.map((each, index) => [...name(each.name), FUNCTION, index]),
    ),
    ...section(10, bodies),
  ]);
}

const words = (count: number): number[] => Array.from({ length: count }, () => I32);
const characters = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const list = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const name = (text: string): number[] => list(characters(text));
const section = (id: number, entries: readonly (readonly number[])[]): number[] => [
  id,
  ...list([...unsigned(entries.length), ...entries.flat()]),
];

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
