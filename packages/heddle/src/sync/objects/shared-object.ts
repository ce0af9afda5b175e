/**
 * What all handles of shared objects have in common: making the object, finding it again, its name.
 *
 * @packageDocumentation
 */
import { inspect, type InspectOptions } from "node:util";
import { claimOn, type Heap, HeldKind, type JoinedHeap, SharedHeap, threadHeap } from "#heap";
import { CorruptMessageError, registerHandle, type HandleClass } from "../../wire/index.ts";
import { describe } from "../check-count.ts";
import { hintFor } from "../known-options.ts";
import { thisThread, type ThisThread, thisThreadIn } from "../waiting/this-thread.ts";
import { Directory } from "./directory.ts";
import { freeObject, KIND, readName, registerDestroyer, writeHeader, type Destroy } from "./header.ts";
import { holdingsIn } from "./holdings.ts";
import { type Reach, SHARED } from "./reach.ts";

/** What the constructor of every shared object takes last. */
export interface SharedOptions {
  /**
   * What it is called in errors and diagnostics. Default: its kind and a number, such as "Lock-3". In a `SharedHeap` an object
   * is found by its name: the first constructor call makes it, later ones, in any process, join it.
   */
  readonly name?: string | undefined;
  /** Where it is kept. Absent: in the heap that the threads of this process share. */
  readonly heap?: SharedHeap | undefined;
}

/** What stands at the address of the objects of a class. */
export interface SharedForm {
  /** Of `ObjectKind`. */
  readonly kind: number;
  /** The name of the class, as users know it. */
  readonly name: string;
  /** Of the layout: other threads may run another release. */
  readonly version: number;
  readonly sizeBytes: number;
  /** What its constructor's options have beside those of all shared objects. */
  readonly options?: readonly string[];
  /** What else goes when an object goes. */
  readonly destroy?: Destroy;
}

const forms = new Map<object, SharedForm>();

const NO_OTHERS: readonly string[] = [];

let usualHeap: () => JoinedHeap = threadHeap;

/** Says where objects are kept that are not told where: the suites of tests run on every heap. */
export function keepObjectsIn(heap: JoinedHeap): void {
  usualHeap = () => heap;
}

/** The object that the next construction is to be a handle for; set for as long as that takes. */
let revival: { readonly cls: Function; readonly heap: JoinedHeap; readonly address: number } | undefined;

/** Where an object stands in its heap. */
export let addressOf: (object: SharedObject) => number;

/** The heap that an object stands in. */
export let heapOf: (object: SharedObject) => JoinedHeap;

/** This thread, in the heap of an object. */
export function threadOf(object: SharedObject): ThisThread {
  const heap = heapOf(object);
  return heap === threadHeap() ? thisThread() : thisThreadIn(heap);
}

/** Who can have to do with an object; it changes as that does. */
export let reachOf: (object: SharedObject) => Reach;

/**
 * A handle for an object in the shared heap.
 *
 * A subclass is registered with {@link registerShared}. Its constructor passes on its options, and what makes a block
 * of zeros the new object. It is run without arguments for an object that is there already: then that is not called.
 * So arguments are looked at there, too.
 */
export abstract class SharedObject {
  readonly #heap: JoinedHeap;
  readonly #address: number;
  readonly #reach: Reach;
  #name: string | undefined;

  /**
   * @param initialise - Writes the object's own words, all 0 before; nobody else knows it yet. What it throws ends the
   * construction, and nothing is left of it.
   */
  constructor(options?: SharedOptions, initialise?: (heap: Heap, address: number) => void) {
    const existing = revival;
    if (existing !== undefined && existing.cls === new.target) {
      revival = undefined;
      this.#heap = existing.heap;
      this.#address = existing.address;
      this.#reach = SHARED;
      return;
    }
    const form = formOf(new.target);
    const { name, heap } = checkOptions(form, options);
    this.#heap = heap ?? usualHeap();
    this.#name = name;
    if (name !== undefined && heap !== undefined) {
      // Any process may find it.
      this.#reach = SHARED;
      this.#address = joinOrMake(form, heap, name, this, initialise);
      return;
    }
    this.#reach = { isShared: false };
    this.#address = make(form, this.#heap, name, initialise);
    adopt(form, this.#heap, this.#address, this);
  }

  /** What it is called: as it was told, or by its kind and a number. */
  get name(): string {
    if (this.#name === undefined) {
      const name = readName(this.#heap, this.#address);
      this.#name = typeof name === "string" ? name : `${formOf(this.constructor).name}-${name}`;
    }
    return this.#name;
  }

  static {
    addressOf = (object) => object.#address;
    reachOf = (object) => object.#reach;
    heapOf = (object) => object.#heap;
  }
}

/** Who prints one sees how it stands: `Lock "door" { locked: false, waiters: 0 }`. */
Object.defineProperty(SharedObject.prototype, inspect.custom, {
  configurable: true,
  value(this: SharedObject & { statistics?(): object }, depth: number, options: InspectOptions): string {
    const kind = this.constructor.name;
    if (depth < 0) return `[${kind}]`;
    try {
      const statistics = this.statistics?.();
      const said = `${kind} ${JSON.stringify(this.name)}`;
      return statistics === undefined ? said : `${said} ${inspect(statistics, options)}`;
    } catch (error) {
      return `[${kind}: ${error instanceof Error ? error.message : String(error)}]`;
    }
  },
});

/**
 * Declares a class of shared objects. Every thread does so when it loads the module of the class.
 *
 * @param beforeSending - Called whenever a handle is about to be sent. What it throws says that it cannot be.
 */
export function registerShared<T extends SharedObject>(
  cls: HandleClass<T>,
  form: SharedForm,
  beforeSending?: (handle: T) => void,
): void {
  forms.set(cls, form);
  if (form.destroy !== undefined) registerDestroyer(form.kind, form.destroy);
  registerHandle<T>(`${form.name}/${form.version}`, cls, {
    address(handle) {
      beforeSending?.(handle);
      return publish(handle);
    },
    heap: heapOf,
    revive: (address, heap) => existing(cls, address, heap as JoinedHeap),
  });
}

/** The address of an object, for whoever tells others of it. */
export function publish(object: SharedObject): number {
  const reach = reachOf(object);
  if (!reach.isShared) reach.isShared = true;
  return addressOf(object);
}

/**
 * This thread's handle for an object that is there: the one that it has, or a new one, with a claim of its own.
 *
 * Whoever calls it holds a claim on the object, or has the address from something that holds one.
 *
 * @throws `CorruptMessageError` when something else stands there. `HeapFullError` when the claim cannot be written down.
 */
export function existing<T extends SharedObject>(
  cls: HandleClass<T>,
  address: number,
  heap: JoinedHeap = threadHeap(),
): T {
  const { kind, name } = formOf(cls);
  const found = heap.load(address + KIND);
  if (found !== kind) {
    throw new CorruptMessageError(
      `it holds a handle for a ${name}, and what stands there is of kind ${found}`,
    );
  }
  return holdingsIn(heap).revive(address, () => revive(cls, heap, address)) as T;
}

function revive(cls: Function, heap: JoinedHeap, address: number): object {
  revival = { cls, heap, address };
  try {
    return new (cls as new () => object)();
  } finally {
    revival = undefined;
  }
}

type Initialise = (heap: Heap, address: number) => void;

function make(
  form: SharedForm,
  heap: JoinedHeap,
  name: string | undefined,
  initialise: Initialise | undefined,
): number {
  const address = heap.allocate(form.sizeBytes);
  try {
    writeHeader(heap, address, form.kind, name, form.sizeBytes);
  } catch (error) {
    heap.free(address);
    throw error;
  }
  try {
    initialise?.(heap, address);
  } catch (error) {
    freeObject(heap, address);
    throw error;
  }
  return address;
}

/** The claim of a new object becomes its handle's. */
function adopt(form: SharedForm, heap: JoinedHeap, address: number, handle: SharedObject): void {
  try {
    holdingsIn(heap).adopt(handle, address);
  } catch (error) {
    form.destroy?.(heap, address);
    freeObject(heap, address);
    throw error;
  }
}

/** Of several threads that do so at once with one name, all get the same object. */
function joinOrMake(
  form: SharedForm,
  heap: SharedHeap,
  name: string,
  handle: SharedObject,
  initialise: Initialise | undefined,
): number {
  const directory = new Directory(thisThreadIn(heap));
  const found = directory.find(name) || makeNamed(form, heap, name, directory, initialise);
  const kind = heap.load(found + KIND);
  if (kind !== form.kind) {
    throw new TypeError(
      `Cannot make a ${form.name} called ${JSON.stringify(name)} in shared heap ${JSON.stringify(heap.name)}: it holds ` +
        `a ${nameOfKind(kind)} of that name`,
    );
  }
  holdingsIn(heap).join(handle, found);
  return found;
}

/** Makes an object that is found by its name from then on, or finds one that somebody made meanwhile. */
function makeNamed(
  form: SharedForm,
  heap: SharedHeap,
  name: string,
  directory: Directory,
  initialise: Initialise | undefined,
): number {
  const made = make(form, heap, name, initialise);
  const entry = heap.ledger.note(claimOn(HeldKind.OBJECT, made));
  try {
    return directory.add(name, made);
  } finally {
    // What the directory does not hold by now goes.
    heap.ledger.giveUp(entry);
  }
}

function nameOfKind(kind: number): string {
  for (const form of forms.values()) if (form.kind === kind) return form.name;
  return `thing of kind ${kind}`;
}

/** What is registered for a class, or else for the next of those that it extends. */
function formOf(cls: Function): SharedForm {
  for (let up: object | null = cls; up !== null; up = Object.getPrototypeOf(up)) {
    const form = forms.get(up);
    if (form !== undefined) return form;
  }
  throw new TypeError(`Cannot use a ${cls.name}: no class that it extends is registered as shared`);
}

function checkOptions(
  { name: kind, options: others = NO_OTHERS }: SharedForm,
  options: SharedOptions = {},
): SharedOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`Cannot make a ${kind}: its options must be an object, and are ${describe(options)}`);
  }
  for (const key in options) {
    if (key !== "name" && key !== "heap" && !others.includes(key)) {
      const known = [...others, "name", "heap"];
      throw new TypeError(
        `Cannot make a ${kind}: it has no option ${key}; ${hintFor(key, known)}it knows ${known.join(", ")}`,
      );
    }
  }
  const { name, heap } = options;
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot make a ${kind}: its name must be a string, and is ${describe(name)}`);
  }
  if (heap !== undefined && !(heap instanceof SharedHeap)) {
    throw new TypeError(
      `Cannot make a ${kind}: its option heap must be a SharedHeap of heddle/workers, and is ${describe(heap)}`,
    );
  }
  return options;
}
