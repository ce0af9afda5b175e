/** The command line of the benches. */
import { parseArgs } from "node:util";

export interface BenchOptions {
  readonly suite: string;
  readonly rounds: number;
  readonly only: readonly string[] | undefined;
  readonly contenders: readonly string[] | undefined;
  readonly workers: readonly number[] | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  readonly installGo: boolean;
  readonly seed: number;
}

export const usage = `Usage: npm run bench -- SUITE [options]

  --only CASE,...         only these cases
  --contenders NAME,...   only these contenders
  --workers N,...         these numbers of workers
  --rounds N              rounds by turns (5; 1 with --quick)
  --quick                 a look, not a measurement: one round, short runs
  --seed N                of the order within a round
  --install-go            install Debian's golang-go first, if there is no go (asks for root)
  --json                  one JSON object on stdout instead of the table; progress is on stderr either way
`;

/** The command line says something that the benches do not understand. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

function positiveInteger(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`Cannot use ${option} ${text}: it must be a whole number above 0`);
  return value;
}

function list(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").filter((name) => name !== "");
}

/** @throws {@link UsageError} when an option is unknown or malformed, or no suite is named. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse(args);
  const [suite, ...rest] = positionals;
  if (suite === undefined || rest.length > 0)
    throw new UsageError(`Cannot choose a suite: ${positionals.length} are named`);
  const quick = values.quick ?? false;
  return {
    suite,
    rounds: values.rounds === undefined ? (quick ? 1 : 5) : positiveInteger(values.rounds, "--rounds"),
    only: list(values.only),
    contenders: list(values.contenders),
    workers: list(values.workers)?.map((text) => positiveInteger(text, "--workers")),
    quick,
    json: values.json ?? false,
    installGo: values["install-go"] ?? false,
    seed: values.seed === undefined ? 1 : positiveInteger(values.seed, "--seed"),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        only: { type: "string" },
        contenders: { type: "string" },
        workers: { type: "string" },
        quick: { type: "boolean" },
        json: { type: "boolean" },
        "install-go": { type: "boolean" },
        seed: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
