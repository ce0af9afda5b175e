/**
 * What `heddle --help`, the help of each command, and `heddle --version` say.
 *
 * @packageDocumentation
 */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { CommandName } from "./arguments.ts";
import { CASE_NAMES } from "./bench/case-names.ts";

const TARGET = `  MODULE is a path or a package; its default export is called unless #EXPORT names another.
  The function is called with an item and its index, and may be async.
`;

const INPUT = `Input
  --input FILE|-          read items from a file, or from standard input
  --format FORMAT         lines: text, one item a line
                          numbers: one a line; integers beyond 2^53 become bigint
                          json: a value a line, or one array
                          csv: the first row names the fields of the others
                          (default: by the file's extension; a file of nothing but numbers is numbers; else lines)
`;

const MAP = `heddle map MODULE[#EXPORT] [ITEM...]   a function over many inputs, in parallel

${TARGET}
${INPUT}
Running
  --on PLACE              where the function runs: inline, threads or processes (default: threads);
                          processes take items one by one, and share nothing
  --jobs N                how many at a time (default: one a core, 1 inline)
  --chunk N|auto          items handed over at once (default: auto, by how long they take)
  --retries N             run a failed item again, at most N times
  --timeout MS            fail an item that runs longer
  --halt never|soon|now   at the first failure: go on, start no more, or cancel what runs (default: never)

Output
  --output FILE           write there instead of standard output; one JSON object a line:
                          {"index":0,"input":…,"result":…} or {"index":0,"input":…,"error":{…}}
  --ordered               in the order of the input instead of as results come
  --no-progress           no progress on standard error

Going on after a crash
  --journal FILE          record each finished input there (SQLite)
  --resume                run only what the journal does not have

  --help, --version

Exit status: 0 all done, 1 some inputs failed, 2 wrong usage or unreadable input, 130 interrupted.

Examples
  heddle map ./factors.ts#primeFactors --input numbers.txt
  heddle map ./resize.ts --ordered -- *.png                          the default export, for each file
  cat urls.txt | heddle map ./fetch.ts#get --input - --jobs 50 --on inline --retries 3
  heddle map ./crawl.ts --input urls.txt --journal crawl.db --output pages.jsonl   and after a crash with --resume
`;

const ADVISE = `heddle advise MODULE[#EXPORT] [ITEM...]   where a function should run, by measuring it

${TARGET}
  Reads the input, runs a sample of it in a plain loop, on the event loop where it waits, on threads and on processes; says
  what the whole input would take in each way, recommends one, and gives the line of code for it. Takes some ten seconds.
  What the function does it does for real, several times over.

${INPUT}
Output
  --report FILE           the page with the chart (default: heddle-advice.html)

  --help, --version

Exit status: 0 advised, 2 wrong usage, unreadable input or a function that fails.

Examples
  heddle advise ./factors.ts#primeFactors --input numbers.txt
  heddle advise ./hash.ts#sha256 --input texts.jsonl --report hash.html
`;

const BENCH = `heddle bench [CASE...]   what the toolkit costs on this machine

  Measures each CASE, or all: ${CASE_NAMES.join(", ")}.
  A message of Node itself stands beside them. Each line has the median of five rounds, and their range.

  --time MS               about how long each case is measured (default: 500)
  --json                  a JSON object a line instead of the table, times in milliseconds

  --help, --version

Exit status: 0 all measured, 2 wrong usage, 130 interrupted: the case under way is finished first.

Examples
  heddle bench
  heddle bench call process-call --time 3000
`;

const COMPLETION = `heddle completion bash|zsh|fish   a script by which a shell completes the words of heddle

Examples
  eval "$(heddle completion bash)"                                     in ~/.bashrc
  eval "$(heddle completion zsh)"                                      in ~/.zshrc, after compinit
  heddle completion fish > ~/.config/fish/completions/heddle.fish
`;

const GENERAL = `heddle map MODULE[#EXPORT] [ITEM...]      a function over many inputs, in parallel
heddle advise MODULE[#EXPORT] [ITEM...]   where a function should run, by measuring it
heddle bench [CASE...]                    what the toolkit costs on this machine
heddle completion bash|zsh|fish           a script by which a shell completes these words

heddle COMMAND --help: all about one of them
heddle --version

Examples
  heddle map ./factors.ts#primeFactors --input numbers.txt
  heddle advise ./factors.ts#primeFactors --input numbers.txt
`;

const HELP: Readonly<Record<CommandName, string>> = {
  map: MAP,
  advise: ADVISE,
  bench: BENCH,
  completion: COMPLETION,
};

/** The help of a command; the overview if none is named. */
export function helpOf(command: CommandName | undefined): string {
  return command === undefined ? GENERAL : HELP[command];
}

/** The version of this package, from its own package.json. */
export function version(): string {
  const text = readFileSync(findPackageJSON(".", import.meta.url)!, "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
