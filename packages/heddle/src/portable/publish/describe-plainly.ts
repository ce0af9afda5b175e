/**
 * Functions that were published, as plain values: see `plain/plain-functions.ts`.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { Decoder } from "../../wire/codec/index.ts";
import type { CodeDescription } from "./code.ts";
import type { PlainFunctions, PlainModule, PlainName, PlainSlot } from "../plain/plain-functions.ts";
import { type HeapRecord, RecordKind, type RecordStore, type RecordView } from "../records.ts";
import { HEDDLE } from "../named/declared.ts";
import { FUNCTION_HEAD_WORDS, SLOT_WORDS, SlotTag } from "../slots.ts";

/** A function is made of more. */
class NotPlain extends Error {}

/** What makes a `require` of its own: nobody is told when that loads something. */
const LOADERS: ReadonlySet<string> = new Set(["node:module", "module"]);

const TOOLKIT = /^heddle(?:$|\/)/;

/** How a record describes a module. */
type ModuleTail = [
  parent: string,
  specifier: string,
  attributes: Readonly<Record<string, string>> | undefined,
  isRequired: boolean,
];

/**
 * What a record and those that it refers to describe, if that is no more than functions, data, modules and what every thread has under one name.
 * Whether data is plain is for the caller to see.
 *
 * @returns `undefined` if there is more: a handle, a property of a function, something that Heddle has declared.
 */
export function describePlainly(
  heap: Heap,
  store: RecordStore,
  root: HeapRecord,
): PlainFunctions | undefined {
  try {
    return new Description(heap, store).of(root);
  } catch {
    // Whoever reads it properly is told of what is wrong with it.
    return undefined;
  }
}

const refuse = (): never => {
  throw new NotPlain();
};

class Description {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #decoder: Decoder;
  readonly #codes: CodeDescription[] = [];
  readonly #codeIndices = new Map<number, number>();
  readonly #things: PlainFunctions["things"][number][] = [];
  readonly #records: HeapRecord[] = [];
  readonly #indices = new Map<number, number>();

  constructor(heap: Heap, store: RecordStore) {
    this.#heap = heap;
    this.#store = store;
    this.#decoder = new Decoder({
      heap,
      publishFunction: refuse,
      resolveFunction: refuse,
      keepHandle: refuse,
      keepForeign: refuse,
      keepShared: refuse,
    });
  }

  of(root: HeapRecord): PlainFunctions {
    this.#index(root);
    for (let i = 0; i < this.#records.length; i++) this.#things.push(this.#thing(this.#records[i]!));
    return { codes: this.#codes, things: this.#things };
  }

  #index(record: HeapRecord): number {
    let index = this.#indices.get(record.serial);
    if (index === undefined) {
      index = this.#records.push(record) - 1;
      this.#indices.set(record.serial, index);
    }
    return index;
  }

  #thing(record: HeapRecord): PlainFunctions["things"][number] {
    const { address, serial } = record;
    const view = this.#store.view(record);
    const name = { address, serial };
    switch (view.kind) {
      case RecordKind.FUNCTION:
        return { ...name, code: this.#code(view), slots: this.#slots(view) };
      case RecordKind.VALUE:
        // With shared memory, or a handle.
        if (record.sideItems.length > 0 || record.handles.length > 0) refuse();
        return { ...name, value: this.#tail(view) };
      case RecordKind.MODULE:
        return { ...name, ...this.#module(this.#tail(view) as ModuleTail) };
      case RecordKind.EXPORT:
        return {
          ...name,
          from: this.#index(this.#store.claim(view.word(0), view.word(1))),
          member: this.#tail(view) as string[],
        };
      case RecordKind.NAMED: {
        const path = this.#tail(view) as string[];
        if (path[0] === HEDDLE) refuse();
        return { ...name, path: [path[0] === "" ? "" : this.#builtin(path[0]!), ...path.slice(1)] };
      }
      default:
        return refuse();
    }
  }

  #builtin(name: string): string {
    return LOADERS.has(name) ? refuse() : name;
  }

  #module([parent, specifier, attributes, isRequired]: ModuleTail): Omit<PlainModule, keyof PlainName> {
    // It is there sooner if nothing else is loaded before.
    if (TOOLKIT.test(specifier)) refuse();
    const module = this.#builtin(specifier);
    if (process.getBuiltinModule("node:module").isBuiltin(module)) return { module, isBuiltin: true };
    return { module, parent, isRequired, ...(attributes && { attributes }) };
  }

  #code(view: RecordView): number {
    const serial = view.word(1);
    let index = this.#codeIndices.get(serial);
    if (index === undefined) {
      const code = this.#tail(this.#viewAt(view.word(0), serial)) as CodeDescription;
      index = this.#codes.push(code) - 1;
      this.#codeIndices.set(serial, index);
    }
    return index;
  }

  #slots(view: RecordView): PlainSlot[] {
    const [count, properties] = [view.word(2), view.word(3)];
    if (properties > 0) refuse();
    const inlines = view.tailStart === view.tailEnd ? [] : (this.#tail(view) as unknown[]);
    return Array.from({ length: count }, (_, i): PlainSlot => {
      const at = FUNCTION_HEAD_WORDS + SLOT_WORDS * i;
      const tag = view.word(at) as SlotTag;
      if (tag === SlotTag.INLINE) return [tag, inlines[view.word(at + 1)]];
      if (tag !== SlotTag.RECORD) return [tag];
      return [tag, this.#index(this.#store.claim(view.word(at + 1), view.word(at + 2)))];
    });
  }

  #viewAt(address: number, serial: number): RecordView {
    return this.#store.view(this.#store.claim(address, serial));
  }

  #tail({ tailStart, tailEnd }: RecordView): unknown {
    return this.#decoder.decode(this.#heap.bytesTo(tailEnd), tailStart, tailEnd, []);
  }
}
