/**
 * `npm run figures -- FILE…`: the pictures of the guide, from what `npm run bench -- SUITE --json` has printed.
 *
 * Writes `docs/figures/SUITE-CASE.svg` for the cases that the guide shows, `docs/figures/SUITE.json` with their figures, and
 * the pictures that are there by now into the part "What it costs" of `docs/performance.md`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { svgOf } from "./harness/chart.ts";
import type { Report } from "./harness/report.ts";
import type { Result } from "./harness/results.ts";
import type { CaseSpec, Suite } from "./harness/types.ts";
import { dispatch } from "./suites/dispatch.ts";
import { poolsSuite } from "./suites/pools.ts";
import { processes } from "./suites/processes.ts";
import { queues } from "./suites/queues.ts";
import { sync } from "./suites/sync.ts";
import { tasks } from "./suites/tasks.ts";

const suites: readonly Suite[] = [dispatch, poolsSuite, sync, queues, tasks, processes];

/** What the guide shows: the cases by suite, with the number of workers. */
const shown: Readonly<
  Record<string, { readonly title: string; readonly cases: Readonly<Record<string, number>> }>
> = {
  dispatch: {
    title: "Handing work to a worker",
    cases: {
      "round-trip": 1,
      "burst-1k": 1,
      object: 1,
      "megabyte-moved": 1,
      "async-burst": 1,
      map: 2,
      factorise: 2,
    },
  },
  pools: { title: "Pools under load", cases: { "0us-none": 2, "10us-1kb": 2, "100us-1kb": 2 } },
  sync: { title: "Locks", cases: { uncontended: 1, contended: 2, "hand-over": 2 } },
  queues: { title: "Queues", cases: { "in-thread": 1, small: 2, record: 2, "hand-over": 2 } },
  tasks: { title: "Tasks", cases: { "spawn-join": 1, skynet: 1, sleeping: 1 } },
  processes: {
    title: "Processes",
    cases: { "round-trip": 1, haul: 1, lock: 1, "ping-pong": 1, "first-answer": 1 },
  },
};

const folder = join(import.meta.dirname, "../docs/figures");
const page = join(import.meta.dirname, "../docs/performance.md");
const HEADING = "## What it costs";
const INTRODUCTION = `Measured by \`npm run bench\` [beside other libraries](#how-these-were-measured). Ours are drawn in colour; the thin line goes from the
least of the rounds to the most.`;
mkdirSync(folder, { recursive: true });
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("Cannot draw: name the files that npm run bench -- SUITE --json has printed");
  process.exit(2);
}
for (const file of files) draw(JSON.parse(readFileSync(file, "utf8")) as Report);
showAll();

function draw(report: Report): void {
  const suite = suites.find(({ name }) => name === report.suite);
  if (suite === undefined)
    throw new Error(`Cannot draw the suite ${report.suite}: the guide shows nothing of it`);
  const cases = Object.entries(shown[suite.name]?.cases ?? {}).flatMap(([id, workers]) => {
    const result = report.results.find((found) => found.case === id && found.workers === workers);
    const spec = suite.cases.find((found) => found.id === id);
    return result === undefined || spec === undefined ? [] : [figuresOf(spec, result)];
  });
  const { cpu, cores, memoryGiB, system, versions } = report.machine;
  const date = report.startedAt.slice(0, 10);
  for (const { id, question, unit, better, workers, figures } of cases) {
    const chart = svgOf({
      title: question,
      subtitle: `${unit}, ${better} is better; ${workers} ${suite.unit ?? "worker"}${workers === 1 ? "" : "s"}`,
      bars: figures.map((figure) => ({
        ...figure,
        label: figure.contender,
        isOurs: figure.contender.startsWith("heddle"),
      })),
      footer: `${cpu}, ${cores} cores, Node ${versions["node"] ?? process.versions.node}, ${date}; ${report.quick ? "a quick look" : `medians of ${report.rounds} rounds`}; line: least to most`,
    });
    writeFileSync(join(folder, `${suite.name}-${id}.svg`), chart);
  }
  const summary = {
    suite: suite.name,
    date,
    machine: { cpu, cores, memoryGiB, system, versions },
    rounds: report.rounds,
    quick: report.quick,
    contenders: report.contenders,
    cases,
  };
  writeFileSync(join(folder, `${suite.name}.json`), `${JSON.stringify(summary, undefined, 2)}\n`);
  console.log(`${suite.name}: ${cases.length} pictures in docs/figures`);
}

/** Rewrites the part of the page between its heading and the next. */
function showAll(): void {
  const parts = Object.entries(shown).flatMap(([suite, { title, cases }]) => {
    const pictures = Object.keys(cases).flatMap((id) => {
      const name = `${suite}-${id}.svg`;
      if (!existsSync(join(folder, name))) return [];
      const [, alt = id] = /<title>(.*)<\/title>/.exec(readFileSync(join(folder, name), "utf8")) ?? [];
      return [`![${alt}](figures/${name})`];
    });
    return pictures.length === 0 ? [] : [`### ${title}`, ...pictures];
  });
  const text = readFileSync(page, "utf8");
  const begin = text.indexOf("\n", text.indexOf(HEADING)) + 1;
  const end = text.indexOf("\n## ", begin);
  writeFileSync(
    page,
    `${text.slice(0, begin)}\n${[INTRODUCTION, ...parts].join("\n\n")}\n${text.slice(end)}`,
  );
}

/** The first figure of a case, for each contender that has one. */
function figuresOf(spec: CaseSpec, { workers, entries }: Result) {
  const [{ name, unit, better }] = spec.metrics;
  const figures = entries.flatMap(({ contender, metrics }) => {
    const summary = metrics[name];
    if (summary === undefined) return [];
    const { median, min, max } = summary;
    return [{ contender, median: rounded(median), min: rounded(min), max: rounded(max) }];
  });
  return { id: spec.id, question: spec.question, workers, metric: name, unit, better, figures };
}

/** More digits than that are noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
