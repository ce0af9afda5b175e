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
  /** How often in a row it has paused while nothing changed of what it looked at. */
  readonly pauses: number;
}

export function atRoot(tree: ThreadTree, thread: number, threads: number): ThreadState {
  return movedTo(tree.root, firstClock(thread, threads), 0, 0);
}

/** Throws what the thread's function threw, if it did. */
export function movedTo(node: ThreadNode, clock: Clock, seen: number, pauses: number): ThreadState {
  if (node.outcome !== undefined && "threw" in node.outcome) {
    const { threw } = node.outcome;
    throw new Finding("assertion", threw instanceof Error ? threw.message : String(threw), { cause: threw });
  }
  return { node, clock, seen, phase: node.step === undefined ? "ended" : "running", pauses };
}

/** Whether a thread that pauses in a loop looked at a word since the last pause, or in the turn before. */
export function watches(node: ThreadNode, address: number): boolean {
  return (node.watched ??= watchedBy(node)).includes(address);
}

function watchedBy(node: ThreadNode): readonly number[] {
  const watched: number[] = [];
  let isBefore = false;
  for (let past = node.parent; past !== undefined; past = past.parent) {
    const { kind, address } = past.step!;
    if (kind !== "pause") watched.push(address);
    else if (isBefore && past.parent?.step?.kind !== "pause") break;
    else isBefore ||= past.parent?.step?.kind !== "pause";
  }
  return watched;
}
