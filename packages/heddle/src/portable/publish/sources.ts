/**
 * What this thread publishes, by identity: one node for each function, captured object, module and place of code.
 *
 * @packageDocumentation
 */
import { type Heap, SharedHeap } from "#heap";
import { types } from "node:util";
import type { CapturedName, Code } from "./code.ts";
import { publishing } from "../publishing-later.ts";
import { isEntry, keyOf, moduleAt, type ModuleName } from "../named/modules.ts";
import type { Name } from "../named/declared.ts";
import { builtinObjectName } from "../named/names.ts";
import { FixedNode, FunctionNode, ValueNode, ViewNode, type Node } from "./nodes.ts";
import { requiredPath } from "../named/required.ts";
import { RecordKind, type HeapRecord, type RecordStore } from "../records.ts";
import { ScratchPool } from "./scratch.ts";
import { SideChannel } from "../side-channel.ts";

/** Longer strings get a record of their own, which the closures of one place share. */
const INLINE_STRING_MAX = 128;

const WELL_KNOWN_SYMBOLS = new Set<unknown>(
  Object.getOwnPropertyNames(Symbol).map((name) => Symbol[name as "iterator"]),
);

export class Sources {
  readonly scratches: ScratchPool;
  readonly side: SideChannel = new SideChannel();
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #functions = new WeakMap<Function, FunctionNode>();
  readonly #values = new WeakMap<WeakKey, ValueNode>();
  readonly #things = new WeakMap<object, FixedNode>();
  readonly #codes = new WeakMap<Code, FixedNode>();
  readonly #modules = new Map<string, FixedNode>();
  readonly #strings = new WeakMap<Code, ValueNode[]>();
  readonly #views = new WeakMap<object, Map<string, ViewNode>>();
  readonly #namespaces = new WeakMap<object, ModuleName>();
  /** The functions of this thread by the serials of their records, for those that come back. */
  readonly #home = new Map<number, WeakRef<Function>>();

  constructor(heap: Heap, store: RecordStore) {
    this.#heap = heap;
    this.#store = store;
    this.scratches = new ScratchPool({ heap, leavesProcess: heap instanceof SharedHeap });
  }

  /** The settled record of a function, if that is known already. */
  settled(fn: Function): HeapRecord | undefined {
    const node = this.#functions.get(fn);
    return node !== undefined && node.isSettled ? node.record : undefined;
  }

  functionNode(fn: Function): FunctionNode {
    let node = this.#functions.get(fn);
    if (node === undefined) {
      node = new FunctionNode(fn);
      this.#functions.set(fn, node);
    }
    return node;
  }

  /** Notes that a function came by a record: published again, it is that record. */
  arrived(fn: Function, record: HeapRecord): void {
    const node = this.functionNode(fn);
    if (node.record !== undefined) return;
    node.record = record;
    node.isSettled = true;
  }

  /** Notes that `namespace` is what a module gives. */
  loaded(namespace: object, module: ModuleName): void {
    this.#namespaces.set(namespace, module);
  }

  /** Notes under which serial a function of this thread is known. */
  remember({ fn, record }: FunctionNode): void {
    this.#home.set(record!.serial, new WeakRef(fn));
  }

  /** This thread's own function with a serial. */
  original(serial: number): Function | undefined {
    return this.#home.get(serial)?.deref();
  }

  /** How many serials of this thread's functions are known. */
  get publishedCount(): number {
    return this.#home.size;
  }

  /** Forgets a serial whose record is gone. */
  forget(serial: number): void {
    this.side.forget(serial);
    this.#home.delete(serial);
  }

  /** The node for what a variable holds; `undefined` if the value is sent along as it is. */
  node(value: unknown, code: Code | undefined, index: number): Node | undefined {
    if (typeof value === "function") {
      return this.#functions.get(value) ?? this.#required(value) ?? this.functionNode(value);
    }
    if (typeof value === "object") {
      return value === null ? undefined : this.#object(value, code?.variables[index]);
    }
    if (typeof value === "string") {
      return value.length <= INLINE_STRING_MAX ? undefined : this.#string(value, code, index);
    }
    if (typeof value !== "symbol" || Symbol.keyFor(value) !== undefined || WELL_KNOWN_SYMBOLS.has(value)) {
      return undefined;
    }
    return this.#value(value);
  }

  /** Whether `value` is the `require` of a CommonJS module. */
  isRequire(value: unknown): boolean {
    return (
      typeof value === "function" &&
      !types.isProxy(value) &&
      "resolve" in value &&
      "cache" in value &&
      "extensions" in value
    );
  }

  module(name: ModuleName): FixedNode {
    const key = keyOf(name);
    let node = this.#modules.get(key);
    if (node === undefined) {
      const { parent, specifier, attributes, isRequired } = name;
      node = new FixedNode(this.create(RecordKind.MODULE, [], [parent, specifier, attributes, isRequired]));
      this.#modules.set(key, node);
    }
    return node;
  }

  code(code: Code): FixedNode {
    let node = this.#codes.get(code);
    if (node === undefined) {
      node = new FixedNode(this.create(RecordKind.CODE, [], code.description, code.isLasting));
      this.#codes.set(code, node);
    }
    return node;
  }

  /** Makes a whole record at once. */
  create(kind: RecordKind, words: readonly number[], tail: unknown, isLasting = false): HeapRecord {
    const scratch = this.scratches.take();
    try {
      const { bytes } = scratch.encode(tail, "description");
      const record = this.#store.create(kind, words.length, bytes.length, isLasting);
      this.#store.write(record, 0, words);
      const { tailStart, tailEnd } = this.#store.view(record);
      this.#heap.bytesTo(tailEnd).set(bytes, tailStart);
      return record;
    } finally {
      this.scratches.giveBack(scratch);
    }
  }

  #value(value: object | symbol): ValueNode {
    let node = this.#values.get(value);
    if (node === undefined) {
      node = new ValueNode(value);
      this.#values.set(value, node);
    }
    return node;
  }

  /** Strings have no identity: what is kept is the last one of each variable. */
  #string(value: string, code: Code | undefined, index: number): ValueNode {
    if (code === undefined) return new ValueNode(value);
    let nodes = this.#strings.get(code);
    if (nodes === undefined) {
      nodes = [];
      this.#strings.set(code, nodes);
    }
    const known = nodes[index];
    if (known?.value === value) return known;
    return (nodes[index] = new ValueNode(value));
  }

  #object(value: object, variable: CapturedName | undefined): Node {
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const namespace = this.#namespaces.get(value);
    if (namespace !== undefined) return this.module(namespace);
    const name = builtinObjectName(value);
    if (name !== undefined) return this.#thing(value, name);
    const required = this.#required(value);
    if (required !== undefined) return required;
    const members = variable?.members;
    // Any other proxy is refused when it is encoded, and none of its traps called before.
    if (types.isProxy(value))
      return members !== undefined && publishing().isRunnersImport(variable!.name)
        ? this.#view(value, members)
        : this.#value(value);
    if (isModuleObject(value)) return this.#view(value, members ?? MODULE_OBJECT_MEMBERS);
    if (members !== undefined && isModuleLike(value, members)) return this.#view(value, members);
    return this.#value(value);
  }

  #thing(thing: object, name: Name): FixedNode {
    let node = this.#things.get(thing);
    if (node === undefined) {
      node = new FixedNode(this.create(RecordKind.NAMED, [], name));
      this.#things.set(thing, node);
    }
    return node;
  }

  /** The CommonJS module, other than the entry, whose exports `value` is. */
  #required(value: object): FixedNode | undefined {
    const path = requiredPath(value);
    return path === undefined || isEntry(path) ? undefined : this.module(moduleAt(path, true));
  }

  /** Of a module that only exists in this thread (a test runner made it), only what is used is taken. */
  #view(module: object, members: readonly string[]): ViewNode {
    let views = this.#views.get(module);
    if (views === undefined) {
      views = new Map();
      this.#views.set(module, views);
    }
    const key = JSON.stringify(members);
    let view = views.get(key);
    if (view === undefined) {
      view = new ViewNode(module, members);
      views.set(key, view);
    }
    return view;
  }
}

/** What is taken of the `module` of a CommonJS module. */
const MODULE_OBJECT_MEMBERS = ["id", "filename", "path", "exports", "loaded"];

/** Whether `value` is what a CommonJS module calls `module`. */
function isModuleObject(value: object): boolean {
  return (
    "exports" in value && "filename" in value && "paths" in value && value.constructor?.name === "Module"
  );
}

/**
 * Whether `value` is what a loader, bundler or test runner has in place of a module's namespace. What is used of it is sent without the
 * rest, so it must be nothing that has methods which use `this`.
 */
function isModuleLike(value: object, members: readonly string[]): boolean {
  if (types.isModuleNamespaceObject(value) || "__esModule" in value) return true;
  if (Object.getPrototypeOf(value) === null)
    return "default" in value || Reflect.get(value, Symbol.toStringTag) === "Module";
  const isStandIn = Object.entries(Object.getOwnPropertyDescriptors(value)).every(
    ([name, descriptor]) => name === "default" || "get" in descriptor,
  );
  return isStandIn && members.every((member) => Object.hasOwn(value, member));
}
