/**
 * `heddle bench`: what the toolkit costs on this machine.
 *
 * @packageDocumentation
 */
import { cpus } from "node:os";
import { setImmediate } from "node:timers/promises";
import { cpuCount, SharedHeapError } from "heddle";
import type { BenchArguments } from "./bench-arguments.ts";
import type { CaseName } from "./bench/case-names.ts";
import { type Case, CASES } from "./bench/cases.ts";
import { type Figures, measure } from "./bench/measure.ts";
import { ALL_DONE, INTERRUPTED } from "./exit-status.ts";
import { counted, shortTime } from "./figures.ts";
import { onInterruption } from "./interruption.ts";

/** What is shown in place of figures. */
interface Row {
  readonly name: CaseName;
  readonly title: string;
  /** A sentence where it cannot be measured on this machine. */
  readonly figures: Figures | string;
}

/**
 * Measures each case, and prints each as it is there.
 *
 * @returns The exit status: 130 if it was interrupted, once the case under way was done.
 */
export async function benchCommand({ cases, timeMs, json }: BenchArguments): Promise<number> {
  let isInterrupted = false;
  using _interruption = onInterruption(() => {
    isInterrupted = true;
    process.stderr.write("heddle: stopping after this case, and again stops at once\n");
  });
  const width = Math.max(...cases.map((name) => CASES[name].title.length));
  if (!json) process.stdout.write(`${machine()}\n\n`);
  for (const name of cases) {
    const row = { name, title: CASES[name].title, figures: await figuresOf(CASES[name], timeMs) };
    process.stdout.write(`${json ? JSON.stringify(row) : line(row, width)}\n`);
    // Signals, and the end of whoever reads this, are heard of between cases.
    await setImmediate();
    if (isInterrupted) return INTERRUPTED;
  }
  return ALL_DONE;
}

async function figuresOf(each: Case, timeMs: number): Promise<Figures | string> {
  try {
    await using bench = await each.open();
    return await measure(bench, timeMs);
  } catch (error) {
    if (error instanceof SharedHeapError) return error.message;
    throw error;
  }
}

function machine(): string {
  const model = cpus()[0]?.model ?? process.arch;
  return `Node ${process.versions.node}, ${counted(cpuCount(), "core")} of ${model.trim()}`;
}

function line({ title, figures }: Row, width: number): string {
  if (typeof figures === "string") return `${title.padEnd(width)}  ${figures}`;
  const { ms, leastMs, mostMs } = figures;
  const range = `${shortTime(leastMs)} to ${shortTime(mostMs)}`;
  return `${title.padEnd(width)}  ${shortTime(ms).padStart(8)}   ${range}`;
}
