/** Whether the figures are what was promised. */
import type { Entry, Result } from "./results.ts";
import { best } from "./statistics.ts";
import type { MetricSpec, Suite, TargetSpec } from "./types.ts";

/** What became of one promise, for one number of workers. */
export interface Verdict {
  readonly case: string;
  readonly metric: string;
  readonly workers: number;
  readonly text: string;
  readonly subject: string;
  readonly figure: number;
  /** The figure that would just do. */
  readonly limit: number;
  /** Whom it is measured against, and what they reach. */
  readonly reference?: { readonly contender: string; readonly figure: number };
  /** How many times better the figure is than the limit: 1 and more is reached. */
  readonly margin: number;
  readonly reached: boolean;
  /** Of one that was missed: what stands in the way. */
  readonly why?: string;
  /** The figure that nobody can do better than. */
  readonly bound?: number;
}

function candidates(result: Result, target: TargetSpec): readonly Entry[] {
  const { reference } = target;
  if (reference === undefined) return [];
  return result.entries.filter((entry) =>
    "roles" in reference
      ? reference.roles.includes(entry.role)
      : reference.contenders.includes(entry.contender),
  );
}

/** Judges one target on one result; nothing when the run does not hold both figures. */
function judge(result: Result, target: TargetSpec, metric: MetricSpec): Verdict | undefined {
  const subject = target.subject ?? "heddle";
  const figureOf = (entry: Entry): number | undefined => entry.metrics[target.metric]?.median;
  const own = result.entries.find((entry) => entry.contender === subject);
  const figure = own === undefined ? undefined : figureOf(own);
  if (figure === undefined) return undefined;

  let limit = target.factor;
  let reference: Verdict["reference"];
  if (target.reference !== undefined) {
    const against = candidates(result, target).filter((entry) => figureOf(entry) !== undefined);
    const bestFigure = best(
      against.map((entry) => figureOf(entry)!),
      metric.better === "higher" ? "higher" : "lower",
    );
    if (bestFigure === undefined) return undefined;
    limit = target.factor * bestFigure;
    reference = {
      contender: against.find((entry) => figureOf(entry) === bestFigure)!.contender,
      figure: bestFigure,
    };
  }
  const margin = target.relation === "at most" ? limit / figure : figure / limit;
  const reached = margin >= 1;
  const bound = boundOf(result, target);
  return {
    case: target.case,
    metric: target.metric,
    workers: result.workers,
    text: target.text,
    subject,
    figure,
    limit,
    ...(reference !== undefined && { reference }),
    margin,
    reached,
    ...(!reached && target.why !== undefined && { why: target.why }),
    ...(bound !== undefined && { bound }),
  };
}

/** What one thread takes for the work itself, shared out among the workers. */
function boundOf(result: Result, { bound, metric, relation }: TargetSpec): number | undefined {
  const alone = result.entries.find(({ contender }) => contender === bound)?.metrics[metric]?.median;
  if (alone === undefined) return undefined;
  return relation === "at most" ? alone / result.workers : alone * result.workers;
}

/** Every target that the run holds the figures for. */
export function judgeAll(suite: Suite, results: readonly Result[]): Verdict[] {
  return results.flatMap((result) => {
    const spec = suite.cases.find((candidate) => candidate.id === result.case)!;
    return suite.targets
      .filter((target) => target.case === result.case)
      .map((target) =>
        judge(
          result,
          target,
          spec.metrics.find((metric) => metric.name === target.metric)!,
        ),
      )
      .filter((verdict) => verdict !== undefined);
  });
}
