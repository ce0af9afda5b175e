/** The names of what `heddle bench` measures, in the order in which they are shown. */
export const CASE_NAMES: readonly CaseName[] = [
  "message",
  "call",
  "calls",
  "process-call",
  "copy",
  "lock",
  "queue",
  "start",
  "start-process",
];

export type CaseName =
  | "message"
  | "call"
  | "calls"
  | "process-call"
  | "copy"
  | "lock"
  | "queue"
  | "start"
  | "start-process";
