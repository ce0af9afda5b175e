/**
 * Where a thread of a model stands.
 *
 * @packageDocumentation
 */
import { type Clock, firstClock } from "./clocks.ts";
import { Finding } from "./finding.ts";
import type { ThreadNode, ThreadTree } from "./thread-tree.ts";

/** Never changed, only replaced. */
export interface ThreadState {
  readonly node: ThreadNode;
  readonly clock: Clock;
  /** Which writes it has read from, as a hash: with the node it tells all that the thread knows. */
  readonly seen: number;
  readonly phase: "running" | "waiting" | "ended" | "killed";
  /** How often it has paused since something changed of what it looks at: in all, and in one loop that changes nothing. */
  readonly pauses: number;
  readonly idlePauses: number;
}

export function atRoot(tree: ThreadTree, thread: number, threads: number): ThreadState {
  return movedTo(tree.root, firstClock(thread, threads), 0, 0, 0);
}

/** Throws what the thread's function threw, if it did. */
export function movedTo(
  node: ThreadNode,
  clock: Clock,
  seen: number,
  pauses: number,
  idlePauses: number,
): ThreadState {
  if (node.outcome !== undefined && "threw" in node.outcome) {
    const { threw } = node.outcome;
    throw new Finding("assertion", threw instanceof Error ? threw.message : String(threw), { cause: threw });
  }
  return { node, clock, seen, phase: node.step === undefined ? "ended" : "running", pauses, idlePauses };
}
