/** Checks algorithms on the shared heap under every interleaving of their threads. */
export {
  check,
  type CheckOptions,
  type CheckResult,
  type EndlessThread,
  forever,
  type ModelPlan,
  type ModelProgram,
  type ModelThread,
} from "./check.ts";
export { ModelFailure } from "./failure.ts";
export type { FindingKind } from "./finding.ts";
export { type Ending, ModelHeap, type ModelHeapOptions, type WaitOutcome } from "./model-heap.ts";
