/**
 * What `heddle bench` was asked for.
 *
 * @packageDocumentation
 */
import { CASE_NAMES, type CaseName } from "./bench/case-names.ts";
import { usageError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { type OptionsNamed, Words } from "./words.ts";

/** Everything that was asked for. */
export interface BenchArguments {
  /** In the order in which they are shown; all, if none was named. */
  readonly cases: readonly CaseName[];
  /** About how long each is measured. */
  readonly timeMs: number;
  readonly json: boolean;
}

const DEFAULT_TIME_MS = 500;

export const BENCH_OPTIONS: OptionsNamed<"time" | "json"> = { time: { value: "MS" }, json: {} };

/**
 * Reads the words behind `heddle bench`.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`.
 */
export function parseBench(typed: readonly string[]): BenchArguments {
  const words = new Words("bench", typed, BENCH_OPTIONS);
  const asked = new Set(words.positionals.map(caseNamed));
  return {
    cases: asked.size === 0 ? CASE_NAMES : CASE_NAMES.filter((name) => asked.has(name)),
    timeMs: words.wholeNumber("time", 1) ?? DEFAULT_TIME_MS,
    json: words.has("json"),
  };
}

function caseNamed(word: string): CaseName {
  const found = CASE_NAMES.find((name) => name === word);
  if (found !== undefined) return found;
  const suggestion = nearest(word, CASE_NAMES);
  const advice =
    suggestion === undefined ? `there are ${CASE_NAMES.join(", ")}` : `did you mean ${suggestion}?`;
  throw usageError(`Cannot measure ${JSON.stringify(word)}: it is none of the cases; ${advice}`);
}
