/**
 * The objects of a shared heap by their names.
 *
 * @packageDocumentation
 */
import { claimOn, DIRECTORY_WORD, giveUpClaim, HeldKind, takeClaim, type Heap } from "#heap";
import { ObjectKind } from "../object-kinds.ts";
import type { Monitor } from "../waiting/monitor.ts";
import type { ThisThread } from "../waiting/this-thread.ts";
import { FIRST_OWN, readName, writeHeader } from "./header.ts";

const BUCKETS = 60;
const DIRECTORY_BYTES = FIRST_OWN + 4 * BUCKETS;

const NEXT = 0;
const OBJECT = 4;
const ENTRY_BYTES = 8;

/**
 * ```text
 * directory  16 …  buckets  first entry of each; 0: none             gate holders
 * entry      0     next     the entry made before it; 0              its maker, before the bucket leads to it
 *            4     object   address of the object that has the name  the same
 * ```
 *
 * - D1: an entry holds a claim on its object, taken before the entry can be found. So whoever finds it in a section may
 *   take up another, and what has a name stays as long as the heap.
 * - D2: a name is looked for once more in the section that adds it, so there is one object for each.
 */
export class Directory {
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #address: number;

  constructor({ heap, monitor }: ThisThread) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#address = directoryOf(heap);
  }

  /** The object with a name; 0 if there is none. */
  find(name: string): number {
    const monitor = this.#monitor;
    monitor.enter(this.#address);
    const found = this.#look(name);
    monitor.leave();
    return found;
  }

  /**
   * Gives an object the name that it was made with, unless another one has it by now.
   *
   * @returns The object that has the name.
   * @throws `HeapFullError`. Nothing was added then.
   */
  add(name: string, object: number): number {
    const heap = this.#heap;
    const monitor = this.#monitor;
    const entry = heap.allocate(ENTRY_BYTES);
    const claim = claimOn(HeldKind.OBJECT, object);
    // D1.
    takeClaim(heap, claim);
    const bucket = this.#bucketOf(name);
    monitor.enter(this.#address);
    // D2.
    const found = this.#look(name);
    if (found === 0) {
      monitor.poke(entry + NEXT, monitor.read(bucket));
      monitor.poke(entry + OBJECT, object | 0);
      monitor.write(bucket, entry | 0);
    }
    monitor.leave();
    if (found === 0) return object;
    giveUpClaim(heap, claim);
    heap.free(entry);
    return found;
  }

  #look(name: string): number {
    const monitor = this.#monitor;
    for (let entry = monitor.read(this.#bucketOf(name)) >>> 0; entry !== 0;) {
      const object = monitor.read(entry + OBJECT) >>> 0;
      if (readName(this.#heap, object) === name) return object;
      entry = monitor.read(entry + NEXT) >>> 0;
    }
    return 0;
  }

  #bucketOf(name: string): number {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
    return this.#address + FIRST_OWN + 4 * ((hash >>> 0) % BUCKETS);
  }
}

/** Whoever comes first makes it. */
function directoryOf(heap: Heap): number {
  const found = heap.load(DIRECTORY_WORD) >>> 0;
  if (found !== 0) return found;
  const made = heap.allocate(DIRECTORY_BYTES);
  writeHeader(heap, made, ObjectKind.DIRECTORY, undefined, DIRECTORY_BYTES);
  const other = heap.compareExchange(DIRECTORY_WORD, 0, made | 0) >>> 0;
  if (other === 0) return made;
  heap.free(made);
  return other;
}
