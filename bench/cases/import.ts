/**
 * How long does a program take that does nothing but import a library?
 *
 * Unit: milliseconds of a whole process of Node, from its start to its end, each time a new one. The difference to the floor,
 * which imports nothing, is what the library costs.
 */
import type { ImportSubject } from "../contenders/startup/import.ts";
import type { CaseRun } from "./context.ts";

/** So many programs in a run: the quickest of them is what they take, the others waited for a core. */
const PROGRAMS = 7;

export const importing: CaseRun<ImportSubject> = async (context) => {
  const subject = await context.open();
  const runs = Array.from({ length: PROGRAMS }, () => subject.run());
  const least = (values: readonly number[]): number => Math.min(...values);
  const metrics = {
    elapsed: least(runs.map(({ elapsedMs }) => elapsedMs)),
    cpu: least(runs.map(({ cpuMs }) => cpuMs)),
  };
  return { metrics, checks: {} };
};
