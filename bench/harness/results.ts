/** From the outcomes of all turns to the figures of a run. */
import type { Outcome } from "./run-turn.ts";
import type { Summary } from "./statistics.ts";
import { summarise } from "./statistics.ts";
import type { CaseSpec, Role } from "./types.ts";

/** One contender's figures for one case and one number of workers. */
export interface Entry {
  readonly contender: string;
  readonly role: Role;
  readonly metrics: Readonly<Record<string, Summary>>;
  readonly scaled?: string;
  readonly failure?: string;
}

/** One table of the report. */
export interface Result {
  readonly case: string;
  readonly question: string;
  readonly workers: number;
  /** Best first, by the case's first metric; those that failed come last. */
  readonly entries: readonly Entry[];
}

/** The outcomes of one case and one number of workers, one entry a contender. */
export function collect(spec: CaseSpec, workers: number, outcomes: readonly Outcome[]): Result {
  const byContender = Map.groupBy(outcomes, ({ turn }) => turn.contender);
  const entries = [...byContender].map(([contender, all]): Entry => {
    const answers = all.flatMap((outcome) => ("answer" in outcome ? [outcome.answer] : []));
    const failure = all.find((outcome) => "failure" in outcome);
    const metrics: Record<string, Summary> = {};
    for (const { name } of spec.metrics) {
      const rounds = answers.map((answer) => answer.metrics[name]).filter((value) => value !== undefined);
      if (rounds.length > 0) metrics[name] = summarise(rounds);
    }
    const scaled = answers.find((answer) => answer.scaled !== undefined)?.scaled;
    return {
      contender: contender.id,
      role: contender.role,
      metrics,
      ...(scaled !== undefined && { scaled }),
      ...(failure !== undefined && "failure" in failure && { failure: failure.failure }),
    };
  });
  return { case: spec.id, question: spec.question, workers, entries: ranked(spec, entries) };
}

function ranked(spec: CaseSpec, entries: readonly Entry[]): Entry[] {
  const [{ name, better }] = spec.metrics;
  const rank = (entry: Entry): number => {
    const value = entry.metrics[name]?.median;
    if (value === undefined) return Infinity;
    return better === "higher" ? -value : value;
  };
  return [...entries].sort((a, b) => rank(a) - rank(b));
}

/**
 * Results that ought to be the same for everybody, and are not.
 *
 * @returns One sentence for each disagreement.
 */
export function disagreements(outcomes: readonly Outcome[]): string[] {
  const seen = new Map<string, { readonly value: number; readonly contender: string }>();
  const found: string[] = [];
  for (const outcome of outcomes) {
    if (!("answer" in outcome)) continue;
    const contender = outcome.turn.contender.id;
    for (const [check, value] of Object.entries(outcome.answer.checks)) {
      const first = seen.get(check);
      if (first === undefined) seen.set(check, { value, contender });
      else if (first.value !== value)
        found.push(`${check}: ${first.contender} gives ${first.value}, ${contender} gives ${value}`);
    }
  }
  return found;
}
