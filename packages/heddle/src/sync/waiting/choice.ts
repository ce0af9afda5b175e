/**
 * A wait for one of several things at several objects, of which exactly one happens.
 *
 * Source: the select of Go (`runtime/select.go`): all objects are locked in one order, and what waits at all of them has
 * a word in common by which one of those who come there wins.
 * Departs from it: who loses leaves the node to its owner, so that a winner that dies before it has done anything can
 * be undone by the owner alone.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { Monitor } from "./monitor.ts";
import { ANSWER, LIST, NONE, OPEN } from "./node.ts";
import type { NodePool } from "./nodes.ts";
import { remove } from "./wait-list.ts";
import type { Alternative } from "./waits.ts";

/** The thread that chooses. */
export interface Chooser {
  readonly heap: Heap;
  readonly monitor: Monitor;
  readonly nodes: NodePool;
}

/** No alternative. */
export const NOTHING = -1;

/**
 * ```text
 *          attempt
 *        ┌─────────▶ done, by this thread
 * taken ─┤                  ▲ look            ┌──▶ granted, by another
 *        │ enlist           │                 │
 *        └─────────▶ in line, group OPEN ─────┤
 *                       ▲            │ claim  │ withdraw
 *                  look └── claimed ─┘        └──▶ out of line
 * ```
 *
 * - X1: while its nodes stand in line, who holds the gates of all its objects knows that nobody else is about to grant
 *   one: what is claimed then was claimed by a section that died before it was committed. So `look` may open the
 *   group again.
 * - X2: others grant a node only after they made it the winner of the group, and this thread does something itself only
 *   under all gates. So one of them takes effect.
 * - X3: while a claim that will be undone stands, others pass over the nodes of the group. Therefore `look`, which every
 *   death leads to, tries all of them itself.
 */
export class Choice {
  /** The word that its nodes have in common. */
  readonly group: number;
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #pool: NodePool;
  readonly #alternatives: readonly Alternative<unknown>[];
  readonly #nodes: number[] = [];
  /** Ascending, each once. */
  readonly #objects: readonly number[];

  /**
   * @param alternatives - In the order in which they are to be tried.
   * @throws `HeapFullError` when there is no room for nodes. Nothing was taken then.
   */
  constructor(
    { heap, monitor, nodes }: Chooser,
    alternatives: readonly Alternative<unknown>[],
    isAsync: boolean,
  ) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#pool = nodes;
    this.#alternatives = alternatives;
    this.#objects = [...new Set(alternatives.map(({ object }) => object))].toSorted((a, b) => a - b);
    const group = nodes.takeGroup();
    this.group = group;
    try {
      for (const { object } of alternatives)
        this.#nodes.push(nodes.take({ object, want: 0, isAsync, group }));
    } catch (error) {
      for (const node of this.#nodes) nodes.give(node);
      nodes.giveGroup(group);
      throw error;
    }
    for (const [i, node] of this.#nodes.entries()) alternatives[i]!.prepare(node);
  }

  get nodes(): readonly number[] {
    return this.#nodes;
  }

  /** Does the first that can be done now, of the first `count`. Gives its index, or `NOTHING`. */
  attempt(count: number): number {
    return this.#underAllGates(() => {
      const index = this.#attemptOne(count);
      if (index === NOTHING) this.#passOver(count);
      return index;
    });
  }

  /** Does the first that can be done now, and gives its index; or has all of them wait, and gives `NOTHING`. */
  enlist(): number {
    return this.#underAllGates(() => {
      const index = this.#attemptOne(this.#nodes.length);
      if (index === NOTHING) {
        for (const [i, alternative] of this.#alternatives.entries()) alternative.stand(this.#nodes[i]!);
      }
      return index;
    });
  }

  /** A thread has ended. Gives the index of what could be done since then, and has been done; or `NOTHING`. */
  look(): number {
    return this.#underAllGates(() => {
      if (this.#isGranted()) return NOTHING;
      // X1.
      this.#heap.store(this.group, OPEN);
      // X3.
      const index = this.#attemptOne(this.#nodes.length);
      if (index !== NOTHING) this.#leaveLines();
      return index;
    });
  }

  /** Leaves all lines. False if one was granted: its owner is told so, soon. */
  withdraw(): boolean {
    return this.#underAllGates(() => {
      if (this.#isGranted()) return false;
      this.#leaveLines();
      return true;
    });
  }

  /** One was granted: the others leave their lines. */
  withdrawOthers(): void {
    this.#underAllGates(() => this.#leaveLines());
  }

  /**
   * The end: gives what the one at `index` gives, which was done or granted. None stands in line any more.
   *
   * @param orphan - A node that is not to be used again yet.
   */
  collect(index: number, orphan?: number): unknown {
    try {
      return this.#alternatives[index]!.collect(this.#nodes[index]!);
    } finally {
      this.abandon(index, orphan);
    }
  }

  /** The end: nothing was done, or only what was collected. */
  abandon(collected: number = NOTHING, orphan?: number): void {
    for (const [i, node] of this.#nodes.entries()) {
      if (i !== collected) this.#alternatives[i]!.abandon?.(node);
      if (node !== orphan) this.#pool.give(node);
    }
    this.#pool.giveGroup(this.group);
  }

  /** What throws undoes the section; the nodes are as they were. */
  #underAllGates<T>(section: () => T): T {
    const monitor = this.#monitor;
    monitor.enterAll(this.#objects);
    try {
      const result = section();
      monitor.leave();
      return result;
    } catch (error) {
      monitor.rollBack();
      throw error;
    }
  }

  #attemptOne(count: number): number {
    for (let i = 0; i < count; i++) {
      if (!this.#alternatives[i]!.attempt(this.#nodes[i]!)) continue;
      this.#passOver(i);
      return i;
    }
    return NOTHING;
  }

  #passOver(count: number): void {
    for (let i = 0; i < count; i++) this.#alternatives[i]!.passOver?.();
  }

  /** X2. Whether another thread has done one of them. Under all gates. */
  #isGranted(): boolean {
    return this.#nodes.some((node) => this.#monitor.read(node + ANSWER) !== NONE);
  }

  #leaveLines(): void {
    const monitor = this.#monitor;
    for (const node of this.#nodes) if (monitor.read(node + LIST) !== 0) remove(monitor, node);
  }
}
