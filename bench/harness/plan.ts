/** Which children run, and in which order: every case by turns, A B C A B C …, the order drawn anew for each round. */
import type { BenchOptions } from "./options.ts";
import { UsageError } from "./options.ts";
import { seededGenerator, shuffled } from "./random.ts";
import type { CaseSpec, ContenderSpec, Suite } from "./types.ts";

/** One child process to be run. */
export interface Turn {
  readonly case: CaseSpec;
  readonly contender: ContenderSpec;
  readonly workers: number;
  readonly round: number;
}

function chosen<T extends { readonly id: string }>(
  all: readonly T[],
  wanted: readonly string[] | undefined,
  what: string,
): readonly T[] {
  if (wanted === undefined) return all;
  const unknown = wanted.find((id) => all.every((item) => item.id !== id));
  if (unknown !== undefined)
    throw new UsageError(
      `Cannot choose the ${what} ${unknown}: there are ${all.map((item) => item.id).join(", ")}`,
    );
  return all.filter((item) => wanted.includes(item.id));
}

/**
 * The turns of a run. Contenders of one case and round stand next to one another, so that whatever disturbs the machine
 * disturbs all of them.
 *
 * @throws {@link UsageError} when the options name a case or a contender that the suite does not have.
 */
export function planTurns(suite: Suite, options: BenchOptions): Turn[] {
  const next = seededGenerator(options.seed);
  const contenders = chosen(suite.contenders, options.contenders, "contender");
  const turns: Turn[] = [];
  for (const spec of chosen(suite.cases, options.only, "case")) {
    const able = contenders.filter((contender) => spec.contenders.includes(contender.id));
    const asked = options.workers ?? suite.workers;
    for (const workers of spec.workers?.filter((count) => asked.includes(count)) ?? asked) {
      for (let round = 0; round < options.rounds; round++) {
        for (const contender of shuffled(able, next)) turns.push({ case: spec, contender, workers, round });
      }
    }
  }
  return turns;
}
