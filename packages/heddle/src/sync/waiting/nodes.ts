/**
 * The nodes of one thread.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  ANSWER,
  FREE,
  GROUP,
  LIST,
  LOST,
  NODE_BYTES,
  NONE,
  OBJECT,
  OPEN,
  OWNER,
  PHASE_MASK,
  SERIAL_STEP,
  STATE,
  WAITING,
  WANT,
} from "./node.ts";
import { NODES } from "./record.ts";

/**
 * Nodes come in chunks, which stay with the seat for ever.
 *
 * ```text
 * bytes  name    values                             written by
 * 0      next    the chunk made before it; 0        its thread, before the record leads to it
 * 4      used    how many of its nodes were used    its thread, before the first use of a node
 * 8      groups  a word for as many groups as       its thread, who grants, who settles an end
 *                there are nodes, see node.ts
 * 256    …       {@link NODES_PER_CHUNK} nodes      see node.ts
 * ```
 *
 * A group's word is never anything else, so who comes late to it can only mistake a group for a later one.
 */
const CHUNK_BYTES = 4096;
const NODES_PER_CHUNK = 60;
const USED = 4;
const FIRST_GROUP = 8;
const FIRST_NODE = 256;

const nodeAt = (chunk: number, index: number): number => chunk + FIRST_NODE + NODE_BYTES * index;

/** What a wait is for. */
export interface WaitFor {
  readonly object: number;
  readonly want: number;
  readonly isAsync: boolean;
  /** The word that says which of several waits won, of {@link NodePool.takeGroup}; 0 for a wait alone. */
  readonly group: number;
}

/** Takes and gives back the nodes of a seat. */
export class NodePool {
  readonly #heap: Heap;
  readonly #record: number;
  readonly #identity: number;
  readonly #free: number[];
  readonly #freeGroups: number[] = [];
  /** Nodes of who sat here before, which may yet come through the inbox: N3. To be given back then. */
  readonly lost: readonly number[];
  /** The newest chunk, and how many of its nodes were used. */
  #chunk: number;
  #used = NODES_PER_CHUNK;

  constructor(heap: Heap, record: number, identity: number) {
    this.#heap = heap;
    this.#record = record;
    this.#identity = identity;
    this.#chunk = heap.load(record + NODES) >>> 0;
    if (this.#chunk !== 0) this.#used = heap.load(this.#chunk + USED);
    const left = [...nodesOf(heap, record)];
    this.lost = left.filter((node) => isLost(heap, node));
    this.#free = left.filter((node) => !isLost(heap, node));
    for (const chunk of chunksOf(heap, record)) this.#addGroups(chunk);
  }

  /** A waiting node. Throws `HeapFullError`, and takes nothing, when there is no memory for it. */
  take({ object, want, isAsync, group }: WaitFor): number {
    const node = this.#free.pop() ?? this.#grow();
    const heap = this.#heap;
    heap.poke(node + LIST, 0);
    heap.poke(node + OBJECT, object | 0);
    heap.poke(node + OWNER, (this.#identity << 1) | (isAsync ? 1 : 0));
    heap.poke(node + WANT, want);
    heap.poke(node + ANSWER, NONE);
    heap.poke(node + GROUP, group | 0);
    heap.store(node + STATE, (serialOf(heap.load(node + STATE)) + SERIAL_STEP) | WAITING);
    return node;
  }

  /** Gives back a node that stands in no list, and that nobody will grant any more. */
  give(node: number): void {
    const heap = this.#heap;
    heap.store(node + STATE, serialOf(heap.load(node + STATE)) | FREE);
    this.#free.push(node);
  }

  /** A word for waits of which one shall win, open. Throws `HeapFullError`. */
  takeGroup(): number {
    if (this.#freeGroups.length === 0) this.#addChunk();
    const group = this.#freeGroups.pop()!;
    this.#heap.store(group, OPEN);
    return group;
  }

  /** Gives back a group of which no node stands in a list. */
  giveGroup(group: number): void {
    this.#freeGroups.push(group);
  }

  #addChunk(): void {
    const heap = this.#heap;
    const chunk = heap.allocate(CHUNK_BYTES);
    heap.bytesTo(chunk + CHUNK_BYTES).fill(0, chunk, chunk + CHUNK_BYTES);
    heap.poke(chunk, this.#chunk | 0);
    heap.store(this.#record + NODES, chunk | 0);
    this.#chunk = chunk;
    this.#used = 0;
    this.#addGroups(chunk);
  }

  #addGroups(chunk: number): void {
    for (let i = NODES_PER_CHUNK - 1; i >= 0; i--) this.#freeGroups.push(chunk + FIRST_GROUP + 4 * i);
  }

  #grow(): number {
    const heap = this.#heap;
    if (this.#used === NODES_PER_CHUNK) this.#addChunk();
    const node = nodeAt(this.#chunk, this.#used++);
    heap.store(this.#chunk + USED, this.#used);
    return node;
  }
}

const serialOf = (state: number): number => state & ~(SERIAL_STEP - 1);

/** All nodes of a seat that were ever used, free or not. */
export function* nodesOf(words: Pick<Heap, "load">, record: number): Iterable<number> {
  for (const chunk of chunksOf(words, record)) {
    const used = words.load(chunk + USED);
    for (let i = 0; i < used; i++) yield nodeAt(chunk, i);
  }
}

function* chunksOf(words: Pick<Heap, "load">, record: number): Iterable<number> {
  for (let chunk = words.load(record + NODES) >>> 0; chunk !== 0; chunk = words.load(chunk) >>> 0)
    yield chunk;
}

const isLost = (words: Pick<Heap, "load">, node: number): boolean =>
  (words.load(node + STATE) & PHASE_MASK) === LOST;

/** Whether a node is in use. */
export const isTaken = (words: Pick<Heap, "load">, node: number): boolean =>
  (words.load(node + STATE) & PHASE_MASK) !== FREE;
