/**
 * Brings functions of other threads to life: the receiving side of records.
 *
 * Functions come first, their captured values afterwards, so that functions may refer to each other in circles. The
 * exception is a class: it needs its base, and what its static fields use, before it can be made.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { createRequire } from "node:module";
import { Decoder } from "../../wire/codec/index.ts";
import { CorruptMessageError, handleLoading, NotLoadedError } from "../../wire/index.ts";
import type { CodeDescription } from "../publish/code.ts";
import { everythingLoading } from "../named/everything.ts";
import { importFrom, metaOf, noSuchExport } from "../named/import-from.ts";
import { Modules } from "../named/modules.ts";
import type { Name } from "../named/declared.ts";
import { HEDDLE } from "../named/declared.ts";
import { thingNamed } from "../named/names.ts";
import { boundShell, compile, giveName, identity, named, type Shell, type ShellFactory } from "./rebuild.ts";
import type { PlainName } from "../plain/index.ts";
import { RecentMap } from "../recent-map.ts";
import { RecordKind, type HeapRecord, type RecordStore, type RecordView } from "../records.ts";
import { FUNCTION_HEAD_WORDS, PROPERTY_WORDS, PropertyOwner, SLOT_WORDS, SlotTag } from "../slots.ts";
import type { Sources } from "../publish/sources.ts";

/** How many functions made per call or per round are kept at least, if they hold little; and places of code. */
const KEPT_FUNCTIONS = 512;
/** How many functions, and how many objects, at the top of scripts are kept at least. */
const KEPT_LASTING = 1024;
/** Captured values of so many bytes weigh as much as one more function. */
const BYTES_PER_FUNCTION = 1 << 14;
const KEPT_CODE = 4096;
/** How many long strings are kept at least. */
const KEPT_STRINGS = 64;

/** How a record describes a module. */
type ModuleTail = [
  parent: string,
  specifier: string,
  attributes: Record<string, string> | undefined,
  isRequired: boolean,
];

/** Code of another thread, compiled. */
interface Compiled {
  readonly description: CodeDescription;
  readonly factory: ShellFactory;
  readonly record: HeapRecord;
}

/** A function that exists, and what is still to be bound to it. */
interface Unbound {
  readonly fn: Function | undefined;
  readonly shell: Shell;
  readonly view: RecordView;
  readonly record: HeapRecord;
  /** Absent for bound functions. */
  readonly compiled: Compiled | undefined;
}

/** Reads what is described by a record, and notes in that what it refers to. */
interface TailReader {
  record: HeapRecord | undefined;
  readonly decoder: Decoder;
}

/** Stands for a class that is being made when something that it uses asks for it. */
class InTheMaking extends Error {}

export class Revivals {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #sources: Sources;
  readonly #modules = new Modules();
  /**
   * Functions whose captured variables live as long as the program that made them: the last one of each code. Of many codes, as each worker
   * that takes the place of another has its own, those used last.
   */
  readonly #lasting = new RecentMap<number, Function>(KEPT_LASTING);
  readonly #lastingOfCode = new RecentMap<number, number>(KEPT_LASTING);
  /** What variables at the top of scripts hold, by the identity of the object. */
  readonly #lastingValues = new RecentMap<number, unknown>(KEPT_LASTING);
  readonly #recent = new RecentMap<number, Function>(KEPT_FUNCTIONS);
  /** Everything that was made and is still in use, so that it is made once. */
  readonly #alive = new Map<number, WeakRef<WeakKey>>();
  /** Records live as long as what was made of them. */
  readonly #records = new WeakMap<WeakKey, HeapRecord>();
  readonly #namespaces = new Map<number, object>();
  /** What they are called, for errors. */
  readonly #specifiers = new Map<number, string>();
  /** Strings cannot be held weakly. */
  readonly #strings = new RecentMap<number, { record: HeapRecord; value: string }>(KEPT_STRINGS);
  readonly #code = new RecentMap<number, Compiled>(KEPT_CODE);
  readonly #readers: TailReader[] = [];
  #depth = 0;
  /** Length of the captured values that were decoded since the outermost call. */
  #decodedBytes = 0;
  readonly #unbound: Unbound[] = [];
  readonly #making = new Set<number>();
  /** Bound but for a class in the making. */
  readonly #late: Unbound[] = [];
  /** Made since the outermost call; taken back if that fails. */
  readonly #fresh: number[] = [];

  constructor(heap: Heap, store: RecordStore, sources: Sources) {
    this.#heap = heap;
    this.#store = store;
    this.#sources = sources;
  }

  /**
   * The function that a record describes.
   *
   * @throws `NotLoadedError` while a module that it needs is being imported.
   */
  resolve(address: number, serial: number): Function {
    return this.#lasting.get(serial) ?? this.#recent.get(serial) ?? this.#resolve(address, serial);
  }

  /** Notes what was made of a record without its being read. */
  adopt({ address, serial }: PlainName, thing: unknown): void {
    const record = this.#store.claim(address, serial);
    const view = this.#store.view(record);
    if (view.kind !== RecordKind.MODULE) this.#keep(record, view, thing);
    else this.#noteModule(serial, this.#tail(record, view) as ModuleTail, thing as object);
    this.#fresh.length = 0;
  }

  loadingAtOnce<R>(body: () => R): R {
    const before = this.#modules.atOnce;
    this.#modules.atOnce = true;
    try {
      return body();
    } finally {
      this.#modules.atOnce = before;
    }
  }

  /** How many functions and values of other threads are in use. */
  get revivedCount(): number {
    return this.#alive.size;
  }

  /** Forgets a serial whose record is gone. */
  forget(serial: number): void {
    this.#alive.delete(serial);
    this.#namespaces.delete(serial);
    this.#specifiers.delete(serial);
  }

  #resolve(address: number, serial: number): Function {
    const known = this.#known(serial);
    if (known !== undefined) return known as Function;
    if (this.#depth > 0) return this.#revive(address, serial) as Function;
    this.#depth++;
    try {
      this.#decodedBytes = 0;
      const fn = this.#revive(address, serial) as Function;
      this.#bindAll();
      this.#fresh.length = 0;
      this.#store.arrived(address);
      if (!this.#lasting.has(serial))
        this.#recent.set(serial, fn, 1 + this.#decodedBytes / BYTES_PER_FUNCTION);
      return fn;
    } catch (error) {
      this.#takeBack();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** What was made from a record before, or is this thread's own. */
  #known(serial: number): unknown {
    return (
      this.#sources.original(serial) ??
      this.#alive.get(serial)?.deref() ??
      this.#namespaces.get(serial) ??
      this.#strings.get(serial)?.value
    );
  }

  #takeBack(): void {
    for (const serial of this.#fresh) {
      this.#lasting.delete(serial);
      this.#recent.delete(serial);
      this.#alive.delete(serial);
    }
    this.#fresh.length = this.#unbound.length = this.#late.length = 0;
    this.#making.clear();
  }

  #revive(address: number, serial: number): unknown {
    const known = this.#lasting.get(serial) ?? this.#recent.get(serial) ?? this.#known(serial);
    if (known !== undefined) return known;
    if (this.#making.has(serial)) throw new InTheMaking();
    const record = this.#store.claim(address, serial);
    // They are noted again as they are revived.
    record.parts = [];
    record.handles = [];
    const view = this.#store.view(record);
    switch (view.kind) {
      case RecordKind.FUNCTION:
        return this.#reviveFunction(record, view);
      case RecordKind.BOUND:
        return this.#reviveBound(record, view);
      case RecordKind.EXPORT:
        return this.#keep(record, view, this.#reviveExport(record, view));
      case RecordKind.NAMED:
        return this.#keep(record, view, this.#reviveNamed(record, view));
      case RecordKind.MODULE:
        return this.#loadModule(serial, this.#tail(record, view) as ModuleTail);
      case RecordKind.SYMBOL:
        return this.#keep(record, view, Symbol(this.#tail(record, view) as string));
      case RecordKind.VIEW:
        return this.#keep(record, view, this.#reviveView(record, view));
      case RecordKind.VALUE:
        return this.#keep(record, view, this.#reviveValue(record, view));
      case RecordKind.CODE:
        break;
    }
    throw new CorruptMessageError("the record of a function is one of code");
  }

  #keep<T>(record: HeapRecord, view: RecordView, thing: T): T {
    const { serial } = record;
    if (typeof thing === "function") {
      if (view.isLasting) this.#keepLasting(view.word(1), serial, thing);
      this.#sources.arrived(thing, record);
    } else if (typeof thing === "string") this.#strings.set(serial, { record, value: thing });
    else {
      this.#records.set(thing as WeakKey, record);
      if (view.isLasting) this.#lastingValues.set(view.word(1), thing);
    }
    if (typeof thing !== "string") this.#alive.set(serial, new WeakRef(thing as WeakKey));
    this.#fresh.push(serial);
    return thing;
  }

  /** A function that captures a changing variable is a new one after each change: only the last is kept. */
  #keepLasting(code: number, serial: number, fn: Function): void {
    const before = this.#lastingOfCode.get(code);
    if (before !== undefined) this.#lasting.delete(before);
    this.#lastingOfCode.set(code, serial);
    this.#lasting.set(serial, fn);
  }

  #reviveFunction(record: HeapRecord, view: RecordView): Function {
    const compiled = this.#compiled(view.word(0), view.word(1));
    record.parts.push((record.code = compiled.record));
    const shell = compiled.factory();
    if (compiled.description.form === "class")
      return this.#reviveClass({ fn: undefined, shell, view, record, compiled });
    const fn = this.#keep(record, view, named(shell.make(), compiled.description.name));
    if (view.word(2) + view.word(3) > 0) this.#unbound.push({ fn, shell, view, record, compiled });
    return fn;
  }

  #reviveClass(unbound: Unbound & { compiled: Compiled }): Function {
    const { shell, view, record, compiled } = unbound;
    this.#making.add(record.serial);
    const waiting = this.#late.length;
    const isComplete = this.#bind(unbound);
    // What the class uses while it is made must be able to run.
    this.#bindAll();
    const cls = named(shell.make(), compiled.description.name);
    this.#making.delete(record.serial);
    this.#keep(record, view, cls);
    if (!isComplete || view.word(3) > 0) this.#unbound.push({ ...unbound, fn: cls });
    this.#unbound.push(...this.#late.splice(waiting));
    return cls;
  }

  #reviveBound(record: HeapRecord, view: RecordView): Function {
    const shell = boundShell();
    const fn = this.#keep(record, view, shell.make());
    this.#unbound.push({ fn: undefined, shell, view, record, compiled: undefined });
    return fn;
  }

  #reviveNamed(record: HeapRecord, view: RecordView): object {
    const name = this.#tail(record, view) as Name;
    const thing = thingNamed(name);
    if (thing !== undefined) return thing as object;
    // What this process has not loaded may declare it.
    const loading = name[0] === HEDDLE ? (handleLoading() ?? everythingLoading()) : undefined;
    if (loading !== undefined) throw new NotLoadedError(loading);
    throw new TypeError(`Cannot resolve a function: this thread has no ${name.filter(Boolean).join(".")}`);
  }

  #reviveView(record: HeapRecord, view: RecordView): object {
    const members = {};
    this.#addProperties(members, record, view, this.#inlines(record, view));
    return members;
  }

  #reviveExport(record: HeapRecord, view: RecordView): Function {
    const namespace = this.#part(record, view.word(0), view.word(1));
    const path = this.#tail(record, view) as string[];
    let thing: unknown = namespace;
    for (const name of path) thing = (thing as Record<string, unknown> | undefined)?.[name];
    if (typeof thing === "function") return thing;
    throw noSuchExport(this.#specifiers.get(view.word(1)) ?? "", namespace, path);
  }

  #reviveValue(record: HeapRecord, view: RecordView): unknown {
    if (view.word(0) === 0) return this.#tail(record, view);
    const items = this.#sources.side.fetch(record.serial);
    if (items instanceof Promise) throw new NotLoadedError(items);
    record.sideItems = items;
    this.#sources.side.offer(record);
    return this.#tail(record, view, items);
  }

  #loadModule(serial: number, tail: ModuleTail): object {
    const [parent, specifier, attributes, isRequired] = tail;
    const loaded = this.#modules.load({ parent, specifier, attributes, isRequired });
    if (loaded instanceof Promise) throw new NotLoadedError(loaded);
    this.#noteModule(serial, tail, loaded);
    return loaded;
  }

  #noteModule(
    serial: number,
    [parent, specifier, attributes, isRequired]: ModuleTail,
    namespace: object,
  ): void {
    this.#sources.loaded(namespace, { parent, specifier, attributes, isRequired });
    this.#namespaces.set(serial, namespace);
    this.#specifiers.set(serial, specifier);
  }

  #compiled(address: number, serial: number): Compiled {
    let compiled = this.#code.get(serial);
    if (compiled === undefined) {
      const record = this.#store.claim(address, serial);
      const description = this.#tail(record, this.#store.view(record)) as CodeDescription;
      compiled = { description, factory: compile(description), record };
      this.#code.set(serial, compiled);
    }
    return compiled;
  }

  #bindAll(): void {
    for (let unbound = this.#unbound.pop(); unbound !== undefined; unbound = this.#unbound.pop()) {
      if (!this.#bind(unbound)) this.#late.push(unbound);
    }
  }

  /** Binds what can be bound. Gives whether that was all. */
  #bind(unbound: Unbound): boolean {
    const { fn, shell, view, record, compiled } = unbound;
    const slots = view.word(2);
    const inlines = this.#inlines(record, view);
    let isComplete = true;
    const values = Array.from({ length: slots }, (_, i) => {
      try {
        return this.#slot(record, view, FUNCTION_HEAD_WORDS + SLOT_WORDS * i, inlines, compiled?.description);
      } catch (error) {
        if (!(error instanceof InTheMaking)) throw error;
        isComplete = false;
        return undefined;
      }
    });
    if (slots > 0) shell.bind(values);
    if (fn !== undefined) this.#addProperties(fn, record, view, inlines, compiled?.description);
    return isComplete;
  }

  #addProperties(
    to: object,
    record: HeapRecord,
    view: RecordView,
    inlines: readonly unknown[],
    code?: CodeDescription,
  ): void {
    const first = FUNCTION_HEAD_WORDS + SLOT_WORDS * view.word(2);
    for (let i = 0; i < view.word(3); i++) {
      const at = first + PROPERTY_WORDS * i;
      const owner = view.word(at) === PropertyOwner.FUNCTION ? to : ((to as Function).prototype as object);
      const name = inlines[view.word(at + 1)] as string;
      const value = this.#slot(record, view, at + 2, inlines, code);
      const enumerable = !(typeof owner === "function" && name === "name");
      Object.defineProperty(owner, name, { value, writable: enumerable, enumerable, configurable: true });
    }
  }

  #slot(
    record: HeapRecord,
    view: RecordView,
    at: number,
    inlines: readonly unknown[],
    code: CodeDescription | undefined,
  ): unknown {
    switch (view.word(at) as SlotTag) {
      case SlotTag.INLINE:
        return inlines[view.word(at + 1)];
      case SlotTag.RECORD:
        return this.#part(record, view.word(at + 1), view.word(at + 2));
      case SlotTag.REQUIRE:
        return createRequire(code!.url);
      case SlotTag.CALL:
        return identity;
      case SlotTag.IMPORT:
        return importFrom(code!.url);
      case SlotTag.META:
        return metaOf(code!.url);
      case SlotTag.NAME:
        break;
    }
    return giveName;
  }

  #inlines(record: HeapRecord, view: RecordView): readonly unknown[] {
    return view.tailStart === view.tailEnd ? [] : (this.#tail(record, view) as unknown[]);
  }

  /** Revives what a record refers to, and keeps that record with it: it may be sent on when this thread has no use for it. */
  #part(record: HeapRecord, address: number, serial: number): unknown {
    const thing = this.#revive(address, serial);
    record.parts.push(this.#recordOf(thing, serial) ?? this.#store.claim(address, serial));
    return thing;
  }

  #recordOf(thing: unknown, serial: number): HeapRecord | undefined {
    let record: HeapRecord | undefined;
    if (typeof thing === "function") record = this.#sources.settled(thing);
    else if (typeof thing === "string") record = this.#strings.get(serial)?.record;
    else record = this.#records.get(thing as WeakKey);
    return record?.serial === serial ? record : undefined;
  }

  /** Decodes the tail. What it refers to is revived on the way, so each level has a reader of its own. */
  #tail(record: HeapRecord, { tailStart, tailEnd }: RecordView, sideItems: readonly unknown[] = []): unknown {
    this.#decodedBytes += tailEnd - tailStart;
    const reader = this.#readers.pop() ?? this.#makeReader();
    reader.record = record;
    try {
      return reader.decoder.decode(this.#heap.bytesTo(tailEnd), tailStart, tailEnd, sideItems);
    } finally {
      reader.record = undefined;
      this.#readers.push(reader);
    }
  }

  #makeReader(): TailReader {
    const reader: TailReader = {
      record: undefined,
      decoder: new Decoder({
        heap: this.#heap,
        publishFunction: () => {
          throw new TypeError("Cannot publish a function while decoding");
        },
        resolveFunction: (address, serial) => this.#part(reader.record!, address, serial) as Function,
        keepHandle: (handle, address) => reader.record!.handles.push({ handle, address }),
      }),
    };
    return reader;
  }
}
