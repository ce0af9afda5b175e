/**
 * What is reported when a model does not hold, and how it came about.
 *
 * @packageDocumentation
 */
import { Finding, type FindingKind } from "./finding.ts";
import { helpOn } from "./help.ts";
import { encodeSchedule } from "./schedule.ts";
import { describe, type Step } from "./steps.ts";
import type { Mark, Move, World } from "./world.ts";

/** A schedule was found in which a model goes wrong. `cause` is what a thread or a check threw, if one did. */
export class ModelFailure extends Error {
  override readonly name = "ModelFailure";
  readonly code = "ERR_HEDDLE_MODEL_FAILURE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** What went wrong. */
  readonly kind: FindingKind;
  /** Give it as the option `replay` to run this schedule alone. */
  readonly schedule: string;
  /** Each step of the schedule on a line, indented by thread. */
  readonly trace: string;

  constructor(finding: Finding, schedule: string, trace: string) {
    super(`${finding.kind}: ${finding.message}\n\n${trace}\n\nreplay: ${JSON.stringify(schedule)}`, {
      cause: finding.cause,
    });
    this.kind = finding.kind;
    this.schedule = schedule;
    this.trace = trace;
  }
}

/** Where the place in the program begins in a line of a trace, if the step leaves room. */
const SITE_COLUMN = 64;

/** Makes the moves of the world's path again from `start`, and tells them one by one. */
export function failureOf(
  finding: Finding,
  world: World,
  start: Mark,
  nameOf: (address: number) => string,
): ModelFailure {
  const moves = [...world.path];
  world.rewind(start);
  const lines = moves.map((move, index) => {
    const { thread } = move;
    const step = world.nextStep(thread);
    const site = move.kind === "step" ? world.siteOf(thread) : "";
    const margin = `${String(index + 1).padStart(5)}  ${"    ".repeat(thread)}${thread}  `;
    return `${margin}${tell(world, move, step, nameOf)}`.padEnd(SITE_COLUMN) + `  ${site}`;
  });
  return new ModelFailure(finding, encodeSchedule(moves), lines.map((line) => line.trimEnd()).join("\n"));
}

/** Makes a move, and says what it was. */
function tell(world: World, move: Move, step: Step | undefined, nameOf: (address: number) => string): string {
  try {
    const result = world.make(move);
    if (move.kind === "kill") return "is killed";
    if (move.kind === "timeout") return "has waited long enough";
    return step === undefined ? "" : describe(step, result, nameOf);
  } catch (error) {
    // The last step of the schedule is the one that went wrong.
    if (!(error instanceof Finding)) throw error;
    return step === undefined ? "" : `${step.kind} ${nameOf(step.address)}: ${error.kind}`;
  }
}
