/**
 * What all handles of shared objects have in common: making the object, finding it again, its name.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { threadHeap, type Heap } from "#heap";
import { CorruptMessageError, registerHandle, type HandleClass } from "../../wire/index.ts";
import { freeObject, KIND, readName, registerDestroyer, writeHeader, type Destroy } from "./header.ts";
import { threadHoldings } from "./holdings.ts";

/** What the constructor of every shared object takes last. */
export interface SharedOptions {
  /** What it is called in errors and diagnostics. Default: its kind and a number, such as "Lock-3". */
  readonly name?: string | undefined;
  /** Where it is kept. Absent: in the heap that the threads of this process share. */
  readonly heap?: undefined;
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
  /** What else goes when an object goes. */
  readonly destroy?: Destroy;
}

const forms = new Map<object, SharedForm>();

/** The object that the next construction is to be a handle for; set for as long as that takes. */
let revival: { readonly cls: Function; readonly address: number } | undefined;

/** Where an object stands in the heap. */
export let addressOf: (object: SharedObject) => number;

/**
 * Who can have to do with an object.
 *
 * An object that was made here, and was never in a message, is this thread's alone. Its words need no atomic
 * instructions then: nobody else reads or writes them, and whoever gets a handle later sees what was written before,
 * by what brings it.
 */
export interface Reach {
  /** Whether another thread may know it. It stays so from then on. */
  isShared: boolean;
}

/** Of what any thread may know. */
export const SHARED: Reach = { isShared: true };

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
      this.#address = existing.address;
      this.#reach = SHARED;
      return;
    }
    const form = formOf(new.target);
    const { name } = checkOptions(form, options);
    this.#name = name;
    this.#reach = { isShared: false };
    this.#address = make(form, name, initialise);
    try {
      threadHoldings().adopt(this, this.#address);
    } catch (error) {
      unmake(form, this.#address);
      throw error;
    }
  }

  /** What it is called: as it was told, or by its kind and a number. */
  get name(): string {
    if (this.#name === undefined) {
      const name = readName(threadHeap(), this.#address);
      this.#name = typeof name === "string" ? name : `${formOf(this.constructor).name}-${name}`;
    }
    return this.#name;
  }

  static {
    addressOf = (object) => object.#address;
    reachOf = (object) => object.#reach;
  }
}

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
    revive: (address) => existing(cls, address),
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
export function existing<T extends SharedObject>(cls: HandleClass<T>, address: number): T {
  const { kind, name } = formOf(cls);
  const found = threadHeap().load(address + KIND);
  if (found !== kind) {
    throw new CorruptMessageError(
      `it holds a handle for a ${name}, and what stands there is of kind ${found}`,
    );
  }
  return threadHoldings().revive(address, () => revive(cls, address)) as T;
}

function revive(cls: Function, address: number): object {
  revival = { cls, address };
  try {
    return new (cls as new () => object)();
  } finally {
    revival = undefined;
  }
}

function make(
  form: SharedForm,
  name: string | undefined,
  initialise: ((heap: Heap, address: number) => void) | undefined,
): number {
  const heap = threadHeap();
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

function unmake({ destroy }: SharedForm, address: number): void {
  destroy?.(threadHeap(), address);
  freeObject(threadHeap(), address);
}

/** What is registered for a class, or else for the next of those that it extends. */
function formOf(cls: Function): SharedForm {
  for (let up: object | null = cls; up !== null; up = Object.getPrototypeOf(up)) {
    const form = forms.get(up);
    if (form !== undefined) return form;
  }
  throw new TypeError(`Cannot use a ${cls.name}: no class that it extends is registered as shared`);
}

function checkOptions({ name: kind }: SharedForm, options: SharedOptions = {}): SharedOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot make a ${kind}: its options must be an object, and are ${describe(options)}`);
  }
  const { name, heap } = options;
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot make a ${kind}: its name must be a string, and is ${describe(name)}`);
  }
  if (heap !== undefined) {
    throw new TypeError(
      `Cannot make a ${kind}: its option heap is ${describe(heap)}; leave it out, as objects can only be kept in the ` +
        `heap that the threads of this process share until heddle/workers supports processes, with SharedHeap`,
    );
  }
  return options;
}

function describe(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity });
}
