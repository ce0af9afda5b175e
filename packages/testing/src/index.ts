/** Tools to test concurrent code: a model checker, a checker of histories, and virtual time. */
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
export type { Operation, Thrown } from "./history.ts";
export {
  assertLinearizable,
  type Call,
  type Linearizability,
  linearizable,
  type Outcome,
  type Specification,
} from "./linearizable.ts";
export { type HistoryHandle, HistoryRecorder, type HistoryRecorderOptions } from "./recorder.ts";
export * as specifications from "./specifications.ts";
export {
  type VirtualClock,
  VirtualDeadlockError,
  virtualTime,
  type VirtualTimeOptions,
} from "./virtual-time.ts";
