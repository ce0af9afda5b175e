/**
 * What `heddle map` was asked for.
 *
 * @packageDocumentation
 */
import { usageError } from "./errors.ts";
import { FORMATS, type InputArguments, refuseWrongInput } from "./input-arguments.ts";
import { optional, type OptionsNamed, splitTarget, type TargetName, Words } from "./words.ts";

/** Where the function runs. */
export type Place = "inline" | "threads" | "processes";
/** What the first failed input does to the others. */
export type Halt = "never" | "soon" | "now";

/** Everything that was asked for. What is absent was not said. */
export interface MapArguments extends TargetName, InputArguments {
  readonly on: Place;
  readonly jobs?: number;
  readonly chunk: number | "auto";
  readonly output?: string;
  readonly ordered: boolean;
  readonly retries: number;
  readonly timeoutMs?: number;
  readonly halt: Halt;
  readonly journal?: string;
  readonly resume: boolean;
  readonly progress: boolean;
}

const PLACES: readonly Place[] = ["inline", "threads", "processes"];
const HALTS: readonly Halt[] = ["never", "soon", "now"];

/** More workers than this are surely a slip: each takes some ten megabytes. */
const MOST_WORKERS = 1024;
/** The longest that a timer of Node waits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const MAP_OPTIONS: OptionsNamed<
  | "input"
  | "format"
  | "on"
  | "jobs"
  | "chunk"
  | "output"
  | "ordered"
  | "retries"
  | "timeout"
  | "halt"
  | "journal"
  | "resume"
  | "no-progress"
> = {
  input: { value: "FILE, or - for standard input" },
  format: { value: FORMATS.join("|") },
  on: { value: PLACES.join("|") },
  jobs: { value: "N" },
  chunk: { value: "N|auto" },
  output: { value: "FILE" },
  ordered: {},
  retries: { value: "N" },
  timeout: { value: "MS" },
  halt: { value: HALTS.join("|") },
  journal: { value: "FILE" },
  resume: {},
  "no-progress": {},
};

/**
 * Reads the words behind `heddle map`.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`.
 */
export function parseMap(typed: readonly string[]): MapArguments {
  const words = new Words("map", typed, MAP_OPTIONS);
  const [target, ...items] = words.positionals;
  if (target === undefined) {
    throw usageError("Cannot map: no module given; heddle map MODULE[#EXPORT] --input FILE");
  }
  const map: MapArguments = {
    ...splitTarget(target),
    items,
    ...optional("input", words.text("input")),
    ...optional("format", words.oneOf("format", FORMATS)),
    on: placeOf(words) ?? "threads",
    ...optional("jobs", words.wholeNumber("jobs", 1)),
    chunk: words.text("chunk") === "auto" ? "auto" : (words.wholeNumber("chunk", 1, "or auto") ?? "auto"),
    ...optional("output", words.text("output")),
    ordered: words.has("ordered"),
    retries: words.wholeNumber("retries", 0) ?? 0,
    ...optional("timeoutMs", milliseconds(words.text("timeout"))),
    halt: words.oneOf("halt", HALTS) ?? "never",
    ...optional("journal", words.text("journal")),
    resume: words.has("resume"),
    progress: !words.has("no-progress"),
  };
  refuseConflicts(map);
  return map;
}

function placeOf(words: Words<typeof MAP_OPTIONS>): Place | undefined {
  const place = words.text("on");
  if (place !== undefined && /^rediss?:/.test(place)) {
    throw usageError(
      `Cannot run --on ${place}: it is not available yet; this release runs on ${PLACES.join(", ")}`,
    );
  }
  return words.oneOf("on", PLACES);
}

function milliseconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0 && value <= LONGEST_TIMEOUT_MS) return value;
  throw usageError(
    `Cannot use --timeout ${text}: it takes milliseconds, above 0 and at most ${LONGEST_TIMEOUT_MS}`,
  );
}

/** Options that are right each by itself, and wrong together. */
function refuseConflicts(map: MapArguments): void {
  refuseWrongInput("map", map);
  if (map.resume && map.journal === undefined) {
    throw usageError("Cannot use --resume without --journal FILE: it continues what that file records");
  }
  if (map.timeoutMs !== undefined && map.chunk !== "auto" && map.chunk > 1) {
    throw usageError(
      `Cannot use --timeout with --chunk ${map.chunk}: a timeout is for each item; leave --chunk out`,
    );
  }
  if (map.on === "processes" && map.chunk !== "auto" && map.chunk > 1) {
    throw usageError(
      `Cannot use --on processes with --chunk ${map.chunk}: processes take items one by one; leave --chunk out`,
    );
  }
  if (map.on !== "inline" && map.jobs !== undefined && map.jobs > MOST_WORKERS) {
    throw usageError(`Cannot use --jobs ${map.jobs}: at most ${MOST_WORKERS} ${map.on}`);
  }
}
