/**
 * `heddle completion SHELL`: a script that has a shell complete the words of `heddle`. It knows them all, and starts no program.
 *
 * @packageDocumentation
 */
import { ADVISE_OPTIONS } from "./advise-arguments.ts";
import { BENCH_OPTIONS } from "./bench-arguments.ts";
import { CASE_NAMES } from "./bench/case-names.ts";
import { usageError } from "./errors.ts";
import { MAP_OPTIONS } from "./map-arguments.ts";
import { nearest } from "./nearest.ts";
import type { OptionTable } from "./words.ts";

export type Shell = "bash" | "zsh" | "fish";

const SCRIPTS: Readonly<Record<Shell, () => string>> = { bash, zsh, fish };
const SHELLS = Object.keys(SCRIPTS) as readonly Shell[];

/** What can stand behind a command: its options, and its other words if they are of a fixed set. */
interface Following {
  readonly options: OptionTable;
  readonly words?: readonly string[];
}

const WITH_HELP: Readonly<Record<string, Following>> = {
  map: { options: MAP_OPTIONS },
  advise: { options: ADVISE_OPTIONS },
  bench: { options: BENCH_OPTIONS, words: CASE_NAMES },
  completion: { options: {}, words: SHELLS },
};
const COMMANDS: Readonly<Record<string, Following>> = {
  ...WITH_HELP,
  help: { options: {}, words: Object.keys(WITH_HELP) },
};

/** The script for a shell. */
export function completionFor(shell: Shell): string {
  return SCRIPTS[shell]();
}

/** @throws `CommandError` with the code `ERR_HEDDLE_USAGE`. */
export function parseCompletion(words: readonly string[]): Shell {
  const [word, ...rest] = words;
  const found = SHELLS.find((shell) => shell === word);
  if (found !== undefined && rest.length === 0) return found;
  if (word === undefined || found !== undefined)
    throw usageError(`Cannot complete: write heddle completion ${SHELLS.join("|")}`);
  const suggestion = nearest(word, SHELLS);
  const advice =
    suggestion === undefined ? `it is one of ${SHELLS.join(", ")}` : `did you mean ${suggestion}?`;
  throw usageError(`Cannot complete for ${JSON.stringify(word)}: ${advice}`);
}

/** The values that an option takes, where they are of a fixed set; "files" where it takes a path; nothing for a switch. */
function valuesOf(value: string | undefined): readonly string[] | "files" | "any" | undefined {
  if (value === undefined) return undefined;
  if (value.startsWith("FILE")) return "files";
  return value.includes("|") ? value.split("|").filter((each) => each !== "N") : "any";
}

const optionsOf = (options: OptionTable): string[] =>
  [...Object.keys(options), "help"].map((name) => `--${name}`);

/** A name may have spaces in it, so only the ends of lines part names. */
const BASH_FILES = `local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word"))`;

function bash(): string {
  const cases = Object.entries(COMMANDS).flatMap(([command, { options, words }]) => [
    ...Object.entries(options).flatMap(([name, { value }]) => {
      const values = valuesOf(value);
      if (values === undefined) return [];
      const reply = Array.isArray(values)
        ? `COMPREPLY=($(compgen -W '${values.join(" ")}' -- "$word"))`
        : values === "files"
          ? BASH_FILES
          : "COMPREPLY=()";
      return `    ${command}:*:--${name}) ${reply} ;;`;
    }),
    `    ${command}:-*:*) COMPREPLY=($(compgen -W '${optionsOf(options).join(" ")}' -- "$word")) ;;`,
    words === undefined
      ? `    ${command}:*) ${BASH_FILES} ;;`
      : `    ${command}:*) COMPREPLY=($(compgen -W '${words.join(" ")}' -- "$word")) ;;`,
  ]);
  return `# heddle: eval "$(heddle completion bash)" in ~/.bashrc
_heddle() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${Object.keys(COMMANDS).join(" ")} --help --version' -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}:$word:$before" in
${cases.join("\n")}
  esac
}
complete -o filenames -F _heddle heddle
`;
}

function zsh(): string {
  const cases = Object.entries(COMMANDS).map(([command, { options, words }]) => {
    const specs = Object.entries(options).map(([name, { value }]) => {
      const values = valuesOf(value);
      if (values === undefined) return `'--${name}'`;
      const action = Array.isArray(values) ? `(${values.join(" ")})` : values === "files" ? "_files" : "";
      return `'--${name}:${name}:${action}'`;
    });
    const rest = words === undefined ? "'*:file:_files'" : `'*:word:(${words.join(" ")})'`;
    return `    ${command}) _arguments ${[...specs, "'--help'", rest].join(" ")} ;;`;
  });
  return `#compdef heddle
# heddle: eval "$(heddle completion zsh)" in ~/.zshrc, after compinit
_heddle() {
  if (( CURRENT == 2 )); then
    compadd -- ${Object.keys(COMMANDS).join(" ")} --help --version
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
compdef _heddle heddle
`;
}

function fish(): string {
  const lines = Object.entries(COMMANDS).flatMap(([command, { options, words }]) => {
    const when = `-n '__fish_seen_subcommand_from ${command}'`;
    return [
      `complete -c heddle -n __fish_use_subcommand -f -a ${command}`,
      ...Object.entries(options).map(([name, { value }]) => {
        const values = valuesOf(value);
        const taken = Array.isArray(values)
          ? ` -x -a '${values.join(" ")}'`
          : values === "files"
            ? " -r -F"
            : values === "any"
              ? " -x"
              : "";
        return `complete -c heddle ${when} -l ${name}${taken}`;
      }),
      `complete -c heddle ${when} -l help`,
      ...(words === undefined ? [] : [`complete -c heddle ${when} -f -a '${words.join(" ")}'`]),
    ];
  });
  return `# heddle: heddle completion fish > ~/.config/fish/completions/heddle.fish
${lines.join("\n")}
complete -c heddle -n __fish_use_subcommand -l help
complete -c heddle -n __fish_use_subcommand -l version
`;
}
