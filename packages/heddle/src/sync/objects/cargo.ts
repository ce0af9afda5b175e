/**
 * What a message of bytes refers to in the heap: handles of shared objects, records of functions; and shared memory,
 * which has to be in some thread.
 *
 * It must stay there until the message has been read. Whoever sends a message that is read while he waits holds it in his
 * own hands ({@link Cargo.take}). A message that is left for whoever comes holds it itself, by a list of claims:
 *
 * ```text
 * bytes  name    values                     written by
 * 0      count   how many claims follow     the writer of the message, before it hands it over
 * 4 …    claims  what each is on            the same
 * ```
 *
 * - M1: the claims are taken after they were listed, and before the message is handed over. A thread that dies in
 *   between leaves a message that nobody has, and with it what it holds.
 * - M2: they are given up once: by who has read the message, after that, or by who drops it unread.
 *
 * @packageDocumentation
 */
import { claimOn, giveUpClaim, HeldKind, takeClaim, type Heap } from "#heap";
import { addClaims, HeapRecord } from "../../portable/index.ts";
import type { FunctionRecord, WireHooks } from "../../wire/index.ts";

const COUNT = 0;
const CLAIMS = 4;

const NOTHING: readonly object[] = [];

/** Collects what the messages of one encoder refer to. */
export class Cargo {
  /** For the encoder. */
  readonly hooks: WireHooks;
  /** Records of functions, handles, shared memory: each lives as long as somebody holds it. Some perhaps more than once. */
  #held: object[] = [];
  /** Of the objects that the handles are for. */
  readonly #addresses: number[] = [];
  /** The shared memory that the last message names. */
  readonly buffers: SharedArrayBuffer[] = [];

  constructor(hooks: WireHooks) {
    const keep = (record: FunctionRecord): FunctionRecord => {
      this.#held.push(record);
      return record;
    };
    this.hooks = {
      ...(hooks.heap !== undefined && { heap: hooks.heap }),
      ...(hooks.shapes !== undefined && { shapes: hooks.shapes }),
      leavesProcess: hooks.leavesProcess === true,
      publishFunction: (fn, path) => keep(hooks.publishFunction(fn, path)),
      publishClass: (cls, path) => keep(hooks.publishClass?.(cls, path) ?? hooks.publishFunction(cls, path)),
      resolveFunction: (address, serial) => hooks.resolveFunction(address, serial),
      keepHandle: (handle, address) => {
        this.#held.push(handle);
        this.#addresses.push(address);
      },
      keepForeign: (handle) => {
        this.#held.push(handle);
      },
      keepShared: (buffer) => {
        this.#held.push(buffer);
        this.buffers.push(buffer);
      },
    };
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Forgets what the last message referred to. */
  clear(): void {
    if (this.#held.length === 0) return;
    this.#held.length = 0;
    this.#forget();
  }

  /** What the last message refers to: it lives as long as this is held. */
  take(): readonly object[] {
    const held = this.#held;
    if (held.length === 0) return NOTHING;
    this.#held = [];
    this.#forget();
    return held;
  }

  /** The claims by which the last message could hold it. They are not taken yet. */
  claims(): Set<number> {
    const claims = new Set<number>();
    for (const address of this.#addresses) claims.add(claimOn(HeldKind.OBJECT, address));
    for (const held of this.#held) if (held instanceof HeapRecord) addClaims(held, claims);
    return claims;
  }

  #forget(): void {
    if (this.#addresses.length > 0) this.#addresses.length = 0;
    if (this.buffers.length > 0) this.buffers.length = 0;
  }
}

/** How many bytes a list of claims takes. */
export function listBytes(claims: ReadonlySet<number>): number {
  return CLAIMS + 4 * claims.size;
}

/** M1. Lists claims at an address, and takes them. */
export function takeListed(heap: Heap, at: number, claims: ReadonlySet<number>): void {
  heap.poke(at + COUNT, claims.size);
  let entry = at + CLAIMS;
  for (const claim of claims) {
    heap.poke(entry, claim);
    entry += 4;
  }
  for (const claim of claims) takeClaim(heap, claim);
}

/** M2. Gives up the claims that are listed at an address. */
export function giveUpListed(heap: Heap, at: number): void {
  const end = at + CLAIMS + 4 * heap.peek(at + COUNT);
  for (let entry = at + CLAIMS; entry < end; entry += 4) giveUpClaim(heap, heap.peek(entry));
}
