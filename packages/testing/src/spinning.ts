/**
 * Threads that turn in a loop with `pause` in it, as far as their steps show it.
 *
 * A turn that sees the same as the one before, and changes nothing, can be left out: nobody notices it, and as long as
 * nothing changes the next turn will do the same. But a loop may count its turns and give up. So the explorer
 * lets a thread that spins either stand there until something changes that it looks at, or turn on its own until it
 * gives up; if it does not soon, the second is taken to be no different from the first.
 *
 * @packageDocumentation
 */
import { isSame, type StepResult, written } from "./steps.ts";
import type { ThreadNode, ThreadTree } from "./thread-tree.ts";

/** What a thread's last steps tell. */
export interface Spin {
  /** Whether it does again what it did before its last pause, and changes nothing. */
  readonly idles: boolean;
  /** The words that it touched since the pause before the last one. */
  readonly watched: readonly number[];
}

export function spinOf(node: ThreadNode, tree: ThreadTree): Spin {
  return (node.spin ??= findSpin(node, tree));
}

/** A step that a thread took at a node, and what came of it. */
interface Past {
  readonly node: ThreadNode;
  readonly result: StepResult;
}

function findSpin(node: ThreadNode, tree: ThreadTree): Spin {
  const turn = stepsAbove(node);
  let end = turn.end;
  while (end?.parent?.step?.kind === "pause") end = end.parent;
  const before = end === undefined ? [] : stepsAbove(end).steps;
  const watched = [...turn.steps, ...before].map((past) => past.node.step!.address);
  return { idles: end !== undefined && repeats(node, turn.steps, before, tree), watched };
}

/** The steps that led to a node since the last pause, the latest first, and the node of that pause. */
function stepsAbove(node: ThreadNode): { steps: Past[]; end: ThreadNode | undefined } {
  const steps: Past[] = [];
  let below = node;
  for (let above = node.parent; above !== undefined; below = above, above = above.parent) {
    if (above.step!.kind === "pause") return { steps, end: above };
    steps.push({ node: above, result: below.via });
  }
  return { steps, end: undefined };
}

/** Whether `turn`, and then the step of `next`, is part of what was done `before`, and done at the same places. */
function repeats(next: ThreadNode, turn: readonly Past[], before: readonly Past[], tree: ThreadTree): boolean {
  if (next.step === undefined || !turn.every(leavesAllAsItWas)) return false;
  const isAgain = (past: ThreadNode, now: ThreadNode): boolean =>
    isSame(past.step!, now.step!) && tree.placeOf(past) === tree.placeOf(now);
  const isSameFrom = (start: number): boolean =>
    turn.every((now, index) => {
      const past = before[start + index];
      return past !== undefined && past.result === now.result && isAgain(past.node, now.node);
    });
  if (next.step.kind === "pause") return isSameFrom(0);
  // Before is the latest first: what follows a step stands in front of it.
  return before.some((past, index) => isAgain(past.node, next) && isSameFrom(index + 1));
}

function leavesAllAsItWas({ node, result }: Past): boolean {
  const step = node.step!;
  if (step.kind === "load" || step.kind === "peek") return true;
  if (step.kind === "store" || step.kind === "poke" || typeof result !== "number") return false;
  if (step.kind === "allocate" || step.kind === "notify") return false;
  const value = written(step, result);
  return value === undefined || value === result;
}
