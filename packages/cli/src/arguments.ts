/**
 * The command line, read and checked: from words to what is asked for, or one line saying what is wrong.
 *
 * @packageDocumentation
 */
import { type AdviseArguments, parseAdvise } from "./advise-arguments.ts";
import { type BenchArguments, parseBench } from "./bench-arguments.ts";
import { parseCompletion, type Shell } from "./completion.ts";
import { usageError } from "./errors.ts";
import { type MapArguments, parseMap } from "./map-arguments.ts";
import { nearest } from "./nearest.ts";

/** The commands there are. */
export const COMMANDS = ["map", "advise", "bench", "completion"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What a command line asks for. */
export type Command =
  | { readonly kind: "help"; readonly of: CommandName | undefined }
  | { readonly kind: "version" }
  | { readonly kind: "map"; readonly map: MapArguments }
  | { readonly kind: "advise"; readonly advise: AdviseArguments }
  | { readonly kind: "bench"; readonly bench: BenchArguments }
  | { readonly kind: "completion"; readonly shell: Shell };

/** Commands that the toolkit will have. Named, so that whoever types one learns that it is not his mistake. */
const LATER_COMMANDS: readonly string[] = ["top", "trace", "worker"];

const READERS: Readonly<Record<CommandName, (words: readonly string[]) => Command>> = {
  map: (words) => ({ kind: "map", map: parseMap(words) }),
  advise: (words) => ({ kind: "advise", advise: parseAdvise(words) }),
  bench: (words) => ({ kind: "bench", bench: parseBench(words) }),
  completion: (words) => ({ kind: "completion", shell: parseCompletion(words) }),
};

const HELP_WORDS: readonly string[] = ["--help", "-h", "help"];

/**
 * Reads the command line, without the program's own name.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE`, naming the option and what to do.
 */
export function parseCommandLine(words: readonly string[]): Command {
  const [command, ...rest] = words;
  if (command === undefined) throw usageError("Cannot run: no command given; try heddle --help");
  if (HELP_WORDS.includes(command))
    return { kind: "help", of: rest.length > 0 ? commandNamed(rest[0]!) : undefined };
  if (command === "--version") return { kind: "version" };
  const known = commandNamed(command);

  const options = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined);
  if (options.some((word) => word === "--help" || word === "-h")) return { kind: "help", of: known };
  if (options.includes("--version")) return { kind: "version" };
  return READERS[known](rest);
}

function commandNamed(command: string): CommandName {
  const known = COMMANDS.find((name) => name === command);
  if (known === undefined) throw unknownCommand(command);
  return known;
}

function unknownCommand(command: string): Error {
  if (LATER_COMMANDS.includes(command)) {
    return usageError(
      `Cannot run heddle ${command}: it is not available yet; heddle --help lists what this release has`,
    );
  }
  const suggestion = nearest(command, COMMANDS);
  const advice = suggestion === undefined ? "heddle --help lists them" : `did you mean heddle ${suggestion}?`;
  return usageError(`Cannot run ${JSON.stringify(command)}: there is no such command; ${advice}`);
}
