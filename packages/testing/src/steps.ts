/**
 * What a thread of a model can do to the world outside itself: one step at a time.
 *
 * @packageDocumentation
 */

import { FIRST_BLOCK, hex } from "./blocks.ts";

/** Accesses to words, waiting, and what concerns other threads as a whole. */
export type StepKind =
  | "load"
  | "store"
  | "add"
  | "and"
  | "or"
  | "xor"
  | "exchange"
  | "compareExchange"
  | "peek"
  | "poke"
  | "grow"
  | "wait"
  | "notify"
  | "pause"
  | "join"
  | "allocate"
  | "free"
  | "blockSize";

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
 * | allocate        | 0       | size in bytes      | 1 if zeroed |
 * | free, blockSize | block   |                    |             |
 */
export interface Step {
  readonly kind: StepKind;
  readonly address: number;
  readonly first: number;
  readonly second: number;
}

/** What a step gives to the thread that takes it. */
export type StepResult = number | string | undefined;

export function isSame(one: Step, other: Step): boolean {
  return (
    one.kind === other.kind &&
    one.address === other.address &&
    one.first === other.first &&
    one.second === other.second
  );
}

/** A plain access: it orders nothing, and nothing may race with it. */
export function isPlain(kind: StepKind): boolean {
  return kind === "peek" || kind === "poke";
}

type Writer = (step: Step, old: number) => number | undefined;

const ignored: Writer = () => undefined;

const WRITERS: Record<StepKind, Writer> = {
  store: ({ first }) => first | 0,
  poke: ({ first }) => first | 0,
  exchange: ({ first }) => first | 0,
  add: ({ first }, old) => (old + first) | 0,
  and: ({ first }, old) => old & first,
  or: ({ first }, old) => old | first,
  xor: ({ first }, old) => old ^ first,
  compareExchange: ({ first, second }, old) => (old === (first | 0) ? second | 0 : undefined),
  grow: ({ first, second }, old) => (first <= second ? Math.max(old, first) : undefined),
  load: ignored,
  peek: ignored,
  wait: ignored,
  notify: ignored,
  pause: ignored,
  join: ignored,
  allocate: ignored,
  free: ignored,
  blockSize: ignored,
};

/** The value that a step writes over `old`; undefined when it writes none. */
export function written(step: Step, old: number): number | undefined {
  return WRITERS[step.kind](step, old);
}

/** What an access to a word that held `old` gives. */
export function given(step: Step, old: number): StepResult {
  if (step.kind === "store" || step.kind === "poke") return undefined;
  return step.kind === "grow" ? Number(step.first <= step.second) : old;
}

type Words = (step: Step, result: StepResult) => string;

const read: Words = (_, result) =>
  `is ${typeof result === "number" && result >= FIRST_BLOCK ? hex(result) : result}`;
const write: Words = ({ first }) => `:= ${first >= FIRST_BLOCK ? hex(first) : first}`;
const change: Words = ({ first }, result) => `by ${first}, was ${result}`;

const WORDS: Record<StepKind, Words> = {
  load: read,
  peek: read,
  store: write,
  poke: write,
  add: change,
  and: change,
  or: change,
  xor: change,
  exchange: change,
  compareExchange: ({ first, second }, result) =>
    `${first} -> ${second}, ${result === first ? "done" : `is ${result}`}`,
  grow: ({ first }, result) => `to ${first}, ${result === 1 ? "done" : "refused"}`,
  wait: ({ first }, result) => `while ${first}: ${result ?? "sleeps"}`,
  notify: (_, result) => `wakes ${result}`,
  pause: () => "",
  join: ({ first }, result) => `thread ${first}: ${result}`,
  allocate: ({ first }, result) => `${first} bytes: ${typeof result === "number" ? hex(result) : result}`,
  free: () => "",
  blockSize: read,
};

const NAMELESS: ReadonlySet<StepKind> = new Set(["pause", "join", "allocate"]);

/** A step in words, as in `compareExchange head 0 -> 1, done`. */
export function describe(step: Step, result: StepResult, nameOf: (address: number) => string): string {
  const { kind, address } = step;
  const word = NAMELESS.has(kind) ? "" : nameOf(address);
  return [kind, word, WORDS[kind](step, result)].filter((part) => part !== "").join(" ");
}
