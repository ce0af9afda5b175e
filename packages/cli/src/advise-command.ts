/**
 * `heddle advise`: everything put together.
 *
 * @packageDocumentation
 */
import { accessSync, constants, existsSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname } from "node:path";
import { explain } from "./advise/explain.ts";
import { measure } from "./advise/measure.ts";
import { choose, predict, spreadOf } from "./advise/predict.ts";
import { probe } from "./advise/probe.ts";
import { reportOf } from "./advise/report.ts";
import { takeSample } from "./advise/sample.ts";
import type { AdviseArguments } from "./advise-arguments.ts";
import { CommandError, systemReason, usageError } from "./errors.ts";
import { ALL_DONE, INTERRUPTED } from "./exit-status.ts";
import { openSource } from "./inputs/source.ts";
import { onInterruption } from "./interruption.ts";
import { loadFunction } from "./load-module.ts";
import { refuseSharedFiles } from "./shared-files.ts";

/** Identifiers, as code has them. */
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * Runs `heddle advise`: reads the input, runs a sample of it in every way, prints what it found, and writes the report.
 *
 * @returns The exit status.
 * @throws `CommandError` when there is nothing to measure, or the function fails.
 */
export async function adviseCommand(given: AdviseArguments): Promise<number> {
  const { module, exportName, input, report } = given;
  refuseSharedFiles({ MODULE: module, "--input": input }, { "--report": report });
  refuseUnwritable(report);
  const target = await loadFunction(module, exportName);
  const source = await openSource(given);
  let sample;
  try {
    sample = await takeSample(source);
  } finally {
    source.close();
  }
  const { items, total } = sample;
  if (total === 0) throw usageError(`Cannot advise: there is no item in ${source.name}`);
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  };
  using _interruption = onInterruption(() => {
    say("");
    process.stderr.write("heddle: stopped; there is no advice\n");
    process.exit(INTERRUPTED);
  });
  say("looking at the function");
  const nature = await probe(target.fn, items);
  const measurements = await measure(target, items, nature, (done, of) =>
    say(`measuring: ${done} of ${of} turns`),
  );
  say("");
  const spread = spreadOf(nature.itemTimes);
  const predictions = measurements.ways.map((measured) => predict(measured, total, spread));
  const name = exportName !== "default" && IDENTIFIER.test(exportName) ? exportName : "fn";
  const advice = {
    name,
    target: `${basename(module, extname(module))}#${exportName}`,
    input: source.name,
    total,
    nature,
    measurements,
    predictions,
    choice: choose(predictions),
  };
  process.stdout.write(`${explain(advice)}\n`);
  try {
    writeFileSync(report, reportOf(advice));
  } catch (error) {
    throw unwritable(report, error);
  }
  process.stderr.write(`the report with a chart is in ${report}\n`);
  return ALL_DONE;
}

/** Who waits for the measurement does so for a report that can be written. */
function refuseUnwritable(report: string): void {
  try {
    if (!existsSync(report)) accessSync(dirname(report), constants.W_OK);
    else if (statSync(report).isDirectory())
      throw Object.assign(new Error("a directory"), { code: "EISDIR" });
    else accessSync(report, constants.W_OK);
  } catch (error) {
    throw unwritable(report, error);
  }
}

function unwritable(report: string, error: unknown): CommandError {
  return new CommandError("ERR_HEDDLE_OUTPUT", `Cannot write ${report}: ${systemReason(error)}`, {
    cause: error,
  });
}
