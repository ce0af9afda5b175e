/**
 * The command line, read and checked: from words to what is asked for, or one line saying what is wrong.
 *
 * @packageDocumentation
 */
import { parseArgs } from "node:util";
import { usageError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** How the bytes of an input become items. */
export type Format = "lines" | "numbers" | "json" | "csv";
/** Where the function runs. */
export type Place = "inline" | "threads";
/** What the first failed input does to the others. */
export type Halt = "never" | "soon" | "now";

/** Everything that `heddle map` was asked for. What is absent was not said. */
export interface MapArguments {
  /** A path or a package, as typed. */
  readonly module: string;
  /** The name of the export, `default` when none was given. */
  readonly exportName: string;
  readonly items: readonly string[];
  /** A path, or `-` for standard input. */
  readonly input?: string;
  readonly format?: Format;
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

/** What a command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "map"; readonly map: MapArguments };

const FORMATS: readonly Format[] = ["lines", "numbers", "json", "csv"];
const PLACES: readonly Place[] = ["inline", "threads"];
const HALTS: readonly Halt[] = ["never", "soon", "now"];

/** More threads than this are surely a slip: each takes some ten megabytes. */
const MOST_THREADS = 1024;
/** The longest that a timer of Node waits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const OPTIONS = {
  input: { type: "string" },
  format: { type: "string" },
  on: { type: "string" },
  jobs: { type: "string" },
  chunk: { type: "string" },
  output: { type: "string" },
  ordered: { type: "boolean" },
  retries: { type: "string" },
  timeout: { type: "string" },
  halt: { type: "string" },
  journal: { type: "string" },
  resume: { type: "boolean" },
  "no-progress": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

type OptionName = keyof typeof OPTIONS;

/** Commands that the toolkit will have. Named, so that whoever types one learns that it is not his mistake. */
const LATER_COMMANDS: readonly string[] = ["advise", "bench", "top", "trace", "worker"];

/**
 * Reads the command line, without the program's own name.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`, naming the option and what to do.
 */
export function parseCommandLine(words: readonly string[]): Command {
  const [command, ...rest] = words;
  if (command === undefined) throw usageError("Cannot run: no command given; try heddle --help");
  if (command === "--help" || command === "-h" || command === "help") return { kind: "help" };
  if (command === "--version") return { kind: "version" };
  if (LATER_COMMANDS.includes(command)) {
    throw usageError(`Cannot run heddle ${command}: it is not available yet; this release has heddle map`);
  }
  if (command !== "map") {
    throw usageError(
      `Cannot run ${JSON.stringify(command)}: there is no such command; try heddle map or heddle --help`,
    );
  }
  return parseMap(rest);
}

function parseMap(words: readonly string[]): Command {
  const { given, positionals } = readWords(words);
  if (given.has("help")) return { kind: "help" };
  if (given.has("version")) return { kind: "version" };

  const [target, ...items] = positionals;
  if (target === undefined) {
    throw usageError("Cannot map: no module given; heddle map MODULE[#EXPORT] --input FILE");
  }
  const map: MapArguments = {
    ...splitTarget(target),
    items,
    ...optional("input", given.get("input")),
    ...optional("format", oneOf(given, "format", FORMATS)),
    on: placeOf(given) ?? "threads",
    ...optional("jobs", wholeNumber(given, "jobs", 1)),
    chunk: given.get("chunk") === "auto" ? "auto" : (wholeNumber(given, "chunk", 1, "or auto") ?? "auto"),
    ...optional("output", given.get("output")),
    ordered: given.has("ordered"),
    retries: wholeNumber(given, "retries", 0) ?? 0,
    ...optional("timeoutMs", milliseconds(given)),
    halt: oneOf(given, "halt", HALTS) ?? "never",
    ...optional("journal", given.get("journal")),
    resume: given.has("resume"),
    progress: !given.has("no-progress"),
  };
  refuseConflicts(map);
  return { kind: "map", map };
}

/** Sorts words into options and the rest. Every option may be given once. */
function readWords(words: readonly string[]): { given: Map<OptionName, string>; positionals: string[] } {
  const { tokens } = parseArgs({
    args: [...words],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<OptionName, string>();
  const positionals: string[] = [];

  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;

    const { name, rawName, value } = token;
    if (!isOption(name)) throw unknownOption(rawName);
    if (given.has(name)) throw usageError(`Cannot use ${rawName} twice`);
    if (OPTIONS[name].type === "boolean") {
      if (value !== undefined) throw usageError(`Cannot give ${rawName} a value: it takes none`);
      given.set(name, "");
    } else {
      if (value === undefined || value === "" || (!token.inlineValue && looksLikeOption(value))) {
        throw usageError(
          `Cannot use ${rawName} without a value; write ${rawName} ${VALUE_NAMES[name] ?? "VALUE"}`,
        );
      }
      given.set(name, value);
    }
  }
  return { given, positionals };
}

const VALUE_NAMES: Partial<Record<OptionName, string>> = {
  input: "FILE, or - for standard input",
  format: FORMATS.join("|"),
  on: PLACES.join("|"),
  jobs: "N",
  chunk: "N|auto",
  output: "FILE",
  retries: "N",
  timeout: "MS",
  halt: HALTS.join("|"),
  journal: "FILE",
};

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** A lone `-` is standard input, and a negative number is a value that some option may refuse by itself. */
function looksLikeOption(value: string): boolean {
  return value.startsWith("-") && value !== "-" && Number.isNaN(Number(value));
}

function unknownOption(rawName: string): Error {
  if (!rawName.startsWith("--")) {
    return usageError(
      `Cannot use ${rawName}: there is no such option; an ITEM that begins with - goes after --`,
    );
  }
  const suggestion = nearest(
    rawName,
    Object.keys(OPTIONS).map((name) => `--${name}`),
  );
  const advice = suggestion === undefined ? "see heddle map --help" : `did you mean ${suggestion}?`;
  return usageError(`Cannot use ${rawName}: there is no such option; ${advice}`);
}

/** `path#name`: the last `#` parts the two. */
function splitTarget(target: string): { module: string; exportName: string } {
  const hash = target.lastIndexOf("#");
  const module = hash === -1 ? target : target.slice(0, hash);
  const exportName = hash === -1 ? "default" : target.slice(hash + 1);
  if (module === "" || exportName === "") {
    throw usageError(
      `Cannot map ${JSON.stringify(target)}: write MODULE#EXPORT, or MODULE for its default export`,
    );
  }
  return { module, exportName };
}

function placeOf(given: ReadonlyMap<OptionName, string>): Place | undefined {
  const place = given.get("on");
  if (place === "processes" || (place !== undefined && /^rediss?:/.test(place))) {
    throw usageError(
      `Cannot run --on ${place}: it is not available yet; this release runs on ${PLACES.join(" and ")}`,
    );
  }
  return oneOf(given, "on", PLACES);
}

function oneOf<T extends string>(
  given: ReadonlyMap<OptionName, string>,
  name: OptionName,
  values: readonly T[],
): T | undefined {
  const value = given.get(name);
  if (value === undefined) return undefined;
  const found = values.find((candidate) => candidate === value);
  if (found !== undefined) return found;

  const suggestion = nearest(value, values);
  const advice =
    suggestion === undefined ? `it is one of ${values.join(", ")}` : `did you mean ${suggestion}?`;
  throw usageError(`Cannot use --${name} ${value}: ${advice}`);
}

function wholeNumber(
  given: ReadonlyMap<OptionName, string>,
  name: OptionName,
  least: number,
  alternative?: string,
): number | undefined {
  const text = given.get(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw usageError(
    `Cannot use --${name} ${text}: it takes a whole number, ${least} or more${alternative === undefined ? "" : `, ${alternative}`}`,
  );
}

function milliseconds(given: ReadonlyMap<OptionName, string>): number | undefined {
  const text = given.get("timeout");
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value <= LONGEST_TIMEOUT_MS) return value;
  throw usageError(
    `Cannot use --timeout ${text}: it takes milliseconds, above 0 and at most ${LONGEST_TIMEOUT_MS}`,
  );
}

/** Options that are right each by itself, and wrong together. */
function refuseConflicts(map: MapArguments): void {
  if (map.items.length > 0 && map.input !== undefined) {
    throw usageError("Cannot use --input together with ITEMs: give one of the two");
  }
  if (map.items.length === 0 && map.input === undefined) {
    throw usageError("Cannot map: no input; give ITEMs, --input FILE, or --input - for standard input");
  }
  if (map.items.length > 0 && map.format === "csv") {
    throw usageError("Cannot read ITEMs as csv: give --input FILE, or another --format");
  }
  if (map.resume && map.journal === undefined) {
    throw usageError("Cannot use --resume without --journal FILE: it continues what that file records");
  }
  if (map.timeoutMs !== undefined && map.chunk !== "auto" && map.chunk > 1) {
    throw usageError(
      `Cannot use --timeout with --chunk ${map.chunk}: a timeout is for each item; leave --chunk out`,
    );
  }
  if (map.on === "threads" && map.jobs !== undefined && map.jobs > MOST_THREADS) {
    throw usageError(`Cannot use --jobs ${map.jobs}: at most ${MOST_THREADS} threads`);
  }
}

/** A property that is there only when it has a value. */
function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
