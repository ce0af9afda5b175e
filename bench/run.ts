/**
 * The benches: how does Heddle compare, and is what was promised reached?
 *
 * `npm run bench -- dispatch`, and so on for every suite in `suites/`; see `README.md` beside this file.
 */
import type { BenchOptions } from "./harness/options.ts";
import { parseOptions, usage, UsageError } from "./harness/options.ts";
import { describeMachine, programVersion } from "./harness/machine.ts";
import type { Turn } from "./harness/plan.ts";
import { planTurns } from "./harness/plan.ts";
import { Progress } from "./harness/progress.ts";
import type { Report } from "./harness/report.ts";
import { formatReport } from "./harness/report.ts";
import { collect, disagreements } from "./harness/results.ts";
import type { Outcome } from "./harness/run-turn.ts";
import { runTurn } from "./harness/run-turn.ts";
import { judgeAll } from "./harness/targets.ts";
import { installGo } from "./harness/install-go.ts";
import type { ProgramName, Suite } from "./harness/types.ts";
import { classics } from "./suites/classics.ts";
import { dispatch } from "./suites/dispatch.ts";
import { poolsSuite } from "./suites/pools.ts";
import { primeFactors } from "./suites/prime-factors.ts";
import { processes } from "./suites/processes.ts";
import { queues } from "./suites/queues.ts";
import { server } from "./suites/server.ts";
import { startup } from "./suites/startup.ts";
import { sync } from "./suites/sync.ts";
import { tasks } from "./suites/tasks.ts";

const suites: readonly Suite[] = [
  dispatch,
  poolsSuite,
  primeFactors,
  sync,
  queues,
  classics,
  tasks,
  server,
  startup,
  processes,
];

/** The languages that take part. */
function programsOf(suite: Suite): ProgramName[] {
  return [...new Set(suite.contenders.flatMap(({ run }) => ("program" in run ? [run.program] : [])))];
}

/** Leaves out the contenders whose program this machine does not have. */
function withPresentPrograms(suite: Suite): { readonly suite: Suite; readonly absent: readonly string[] } {
  const present = programsOf(suite).filter((program) => programVersion(program) !== undefined);
  const here = suite.contenders.filter(({ run }) => !("program" in run) || present.includes(run.program));
  const absent = suite.contenders.filter((contender) => !here.includes(contender)).map(({ id }) => id);
  return { suite: { ...suite, contenders: here }, absent };
}

async function runAll(turns: readonly Turn[], quick: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const progress = new Progress(turns.length);
  for (const turn of turns) {
    progress.begin(turn);
    const load = quick ? { ...turn.case.load, ...turn.case.quickLoad } : turn.case.load;
    const outcome = await runTurn(turn, load);
    progress.end(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function bench(whole: Suite, options: BenchOptions): Promise<Report> {
  if (options.installGo) installGo();
  const { suite, absent } = withPresentPrograms(whole);
  const turns = planTurns(suite, options);
  const startedAt = new Date().toISOString();
  const machine = describeMachine(suite.packages, programsOf(whole));
  const outcomes = await runAll(turns, options.quick);
  const tables = Map.groupBy(outcomes, ({ turn }) => `${turn.case.id} × ${turn.workers}`);
  const results = [...tables.values()].map((group) =>
    collect(group[0]!.turn.case, group[0]!.turn.workers, group),
  );
  return {
    format: "heddle-bench/1",
    suite: suite.name,
    question: suite.question,
    startedAt,
    rounds: options.rounds,
    quick: options.quick,
    machine,
    contenders: Object.fromEntries(suite.contenders.map(({ id, settings }) => [id, settings])),
    results,
    targets: judgeAll(suite, results),
    problems: [
      ...disagreements(outcomes),
      ...absent.map((id) => `${id} is left out: this machine has no such program`),
    ],
  };
}

try {
  const options = parseOptions(process.argv.slice(2));
  const suite = suites.find(({ name }) => name === options.suite);
  if (suite === undefined)
    throw new UsageError(
      `Cannot run the suite ${options.suite}: there are ${suites.map(({ name }) => name).join(", ")}`,
    );
  const report = await bench(suite, options);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${formatReport(suite, report)}\n`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
