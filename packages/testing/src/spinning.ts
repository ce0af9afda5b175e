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
import { isSame, type Step, type StepResult, written } from "./steps.ts";
import type { ThreadNode, ThreadTree } from "./thread-tree.ts";

/** What a thread's last steps tell. */
export interface Spin {
  /** Whether it is where it was before its last pause, with the same to do. */
  readonly loops: boolean;
  /** Whether it also sees the same as before, and has changed nothing since that pause. */
  readonly idles: boolean;
  /** The words that it touched since the pause before the last one. */
  readonly watched: readonly number[];
}

export function spinOf(node: ThreadNode, tree: ThreadTree): Spin {
  return (node.spin ??= findSpin(node, tree));
}

function findSpin(node: ThreadNode, tree: ThreadTree): Spin {
  const turn = stepsAbove(node);
  let end = turn.end;
  while (end?.parent?.step?.kind === "pause") end = end.parent;
  const before = end === undefined ? [] : stepsAbove(end).steps;
  const watched = [...turn.steps, ...before].map((past) => past.node.step!.address);
  const start = end === undefined ? -1 : placeBefore(node, turn.steps, before, tree);
  const idles = start >= 0 && turn.steps.every((now, index) => isIdle(now, before[start + index]!));
  return { loops: start >= 0, idles: idles && isSameStep(node, before, start), watched };
}

/** A step that a thread took at a node, and what came of it. */
interface Past {
  readonly node: ThreadNode;
  readonly result: StepResult;
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

/**
 * Where in the steps of `before` the latest step of `turn` was taken for the last time, with those before it in front
 * and the next one after; -1 if they were not. All are the latest first.
 */
function placeBefore(
  next: ThreadNode,
  turn: readonly Past[],
  before: readonly Past[],
  tree: ThreadTree,
): number {
  if (next.step === undefined) return -1;
  const isAgain = (past: ThreadNode, now: ThreadNode): boolean =>
    past.step!.kind === now.step!.kind &&
    past.step!.address === now.step!.address &&
    tree.placeOf(past) === tree.placeOf(now);
  const isFrom = (start: number): boolean =>
    turn.every(
      (now, index) => start + index < before.length && isAgain(before[start + index]!.node, now.node),
    );
  if (next.step.kind === "pause") return isFrom(0) ? 0 : -1;
  const last = before.findIndex((past, index) => isAgain(past.node, next) && isFrom(index + 1));
  return last < 0 ? -1 : last + 1;
}

function isSameStep(next: ThreadNode, before: readonly Past[], start: number): boolean {
  return next.step!.kind === "pause" || isSame(before[start - 1]!.node.step!, next.step!);
}

/** Whether a step was the same as before, saw the same, and left all as it was. */
function isIdle({ node, result }: Past, past: Past): boolean {
  return past.result === result && isSame(past.node.step!, node.step!) && changesNothing(node.step!, result);
}

function changesNothing(step: Step, result: StepResult): boolean {
  if (step.kind === "load" || step.kind === "peek") return true;
  if (step.kind === "store" || step.kind === "poke" || typeof result !== "number") return false;
  if (step.kind === "allocate" || step.kind === "notify") return false;
  const value = written(step, result);
  return value === undefined || value === result;
}
