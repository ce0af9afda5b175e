/**
 * What a thread of a model can do to the world outside itself: one step at a time.
 *
 * @packageDocumentation
 */

/** Accesses to words, waiting, and what concerns other threads as a whole. */
export type StepKind =
  | "load"
  | "store"
  | "add"
  | "and"
  | "or"
  | "exchange"
  | "compareExchange"
  | "peek"
  | "poke"
  | "grow"
  | "wait"
  | "notify"
  | "pause"
  | "join";

/**
 * One step, by what it was called with.
 *
 * | kind            | address | first              | second      |
 * | --------------- | ------- | ------------------ | ----------- |
 * | load, peek      | word    |                    |             |
 * | store, poke     | word    | value              |             |
 * | add … exchange  | word    | operand            |             |
 * | compareExchange | word    | expected           | replacement |
 * | grow            | word    | value to reach     | its limit   |
 * | wait            | word    | expected           | timeoutMs   |
 * | notify          | word    | how many           |             |
 * | join            | 0       | index of a thread  |             |
 */
export interface Step {
  readonly kind: StepKind;
  readonly address: number;
  readonly first: number;
  readonly second: number;
}

/** What a step gives to the thread that takes it. */
export type StepResult = number | string | undefined;

/** A plain access: it orders nothing, and nothing may race with it. */
export function isPlain(kind: StepKind): boolean {
  return kind === "peek" || kind === "poke";
}

/** The value that a step writes over `old`; undefined when it writes none. */
export function written(step: Step, old: number): number | undefined {
  switch (step.kind) {
    case "store":
    case "poke":
    case "exchange":
      return step.first | 0;
    case "add":
      return (old + step.first) | 0;
    case "and":
      return old & step.first;
    case "or":
      return old | step.first;
    case "compareExchange":
      return old === (step.first | 0) ? step.second | 0 : undefined;
    case "grow":
      return step.first <= step.second ? Math.max(old, step.first) : undefined;
    default:
      return undefined;
  }
}

/** What an access to a word that held `old` gives. */
export function given(step: Step, old: number): StepResult {
  if (step.kind === "store" || step.kind === "poke") return undefined;
  return step.kind === "grow" ? Number(step.first <= step.second) : old;
}

/** A step in words, as in `compareExchange head 0 -> 1, was 0`. */
export function describe(step: Step, result: StepResult, nameOf: (address: number) => string): string {
  const { kind, first, second } = step;
  const word = `${kind} ${nameOf(step.address)}`;
  switch (kind) {
    case "load":
    case "peek":
      return `${word}, is ${result}`;
    case "store":
    case "poke":
      return `${word} := ${first}`;
    case "compareExchange":
      return `${word} ${first} -> ${second}, ${result === first ? "done" : `is ${result}`}`;
    case "grow":
      return `${word} to ${first}, ${result === 1 ? "done" : "refused"}`;
    case "wait":
      return `${word} while ${first}: ${result ?? "sleeps"}`;
    case "notify":
      return `${word}, wakes ${result}`;
    case "pause":
      return kind;
    case "join":
      return `join thread ${first}: ${result}`;
    default:
      return `${word} by ${first}, was ${result}`;
  }
}
