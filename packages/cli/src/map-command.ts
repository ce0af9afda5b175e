/**
 * `heddle map`: everything put together.
 *
 * @packageDocumentation
 */
import { basename, extname } from "node:path";
import type { MapArguments } from "./map-arguments.ts";
import { Delivery } from "./delivery.ts";
import { defaultJobs, startExecutor } from "./executors.ts";
import { ALL_DONE, INTERRUPTED, READER_GONE, SOME_FAILED } from "./exit-status.ts";
import { Feeder } from "./feeder.ts";
import { openSource, type Source } from "./inputs/source.ts";
import { onEarlyExit, onInterruption } from "./interruption.ts";
import { Journal } from "./journal.ts";
import { loadFunction, type LoadedFunction } from "./load-module.ts";
import { Progress, type Progressing } from "./progress.ts";
import { Runner } from "./runner.ts";
import { refuseSharedFiles } from "./shared-files.ts";
import { summary, type Ending } from "./summary.ts";

/**
 * Runs `heddle map`.
 *
 * @returns The exit status.
 * @throws `CommandError` when the run cannot begin. Then no output was touched.
 */
export async function mapCommand(map: MapArguments): Promise<number> {
  const { module, input, output, journal: journalPath } = map;
  refuseSharedFiles({ MODULE: module, "--input": input }, { "--output": output, "--journal": journalPath });
  const target = await loadFunction(map.module, map.exportName);
  const source = await openSource(map);
  const journal = openJournal(map, target, source);
  try {
    return await run(map, { target, source, journal });
  } finally {
    journal?.close();
    source.close();
  }
}

function openJournal(map: MapArguments, target: LoadedFunction, source: Source): Journal | undefined {
  if (map.journal === undefined) return undefined;
  const identity = {
    module: target.url,
    export: target.exportName,
    input: source.identity,
    format: source.format,
  };
  return new Journal(map.journal, identity, map.resume);
}

/** What a run works with, all of it open. */
interface Opened {
  readonly target: LoadedFunction;
  readonly source: Source;
  readonly journal: Journal | undefined;
}

async function run(map: MapArguments, { target, source, journal }: Opened): Promise<number> {
  const { on, timeoutMs, output, ordered, chunk, retries, halt } = map;
  const jobs = map.jobs ?? defaultJobs(on);
  let isInterrupted = false;
  let isReaderGone = false;

  const feeder = new Feeder(source, journal, () => runner.pump());
  const delivery = new Delivery(
    { journal, ordered, output },
    {
      onDrain: () => runner.pump(),
      onFailure: (error) => {
        isReaderGone = error === undefined;
        if (error !== undefined) runner.fail(error);
        runner.abandon();
      },
    },
  );
  const executor = startExecutor(target, { on, jobs, timeoutMs });
  const inAdvance = on !== "inline";
  const oneByOne = timeoutMs !== undefined || on === "processes";
  const runner: Runner = new Runner({
    feeder,
    executor,
    outlet: delivery,
    jobs,
    inAdvance,
    chunk,
    oneByOne,
    retries,
    halt,
  });
  const progress = new Progress(process.stderr, () => statusOf(nameOf(map), source, feeder, delivery));
  using _interruption = onInterruption(() => {
    isInterrupted = true;
    process.stderr.write("heddle: stopping; what runs is finished first, and again stops at once\n");
    runner.stop();
  });

  const endingOf = (): Ending | undefined => {
    if (runner.failure !== undefined) return "fault";
    if (feeder.ended) return undefined;
    return isInterrupted ? "signal" : "failure";
  };

  using _exit = onEarlyExit(() => isInterrupted);

  const startMs = performance.now();
  if (map.progress) progress.start();
  runner.pump();
  await runner.over;
  const ending = endingOf();
  // What a journal has beyond this point belongs to what was done.
  if (ending === "signal" || ending === "failure") await delivery.takeRest(feeder.position);
  await delivery.close();
  const elapsedMs = performance.now() - startMs;
  progress.stop();
  await executor.close();

  if (isReaderGone) return READER_GONE;
  const total = totalOf(source, feeder);
  const isTextByDefault = map.format === undefined && source.format === "lines";
  const { startUpMs } = runner;
  const figures = { ...delivery.tally, total, elapsedMs, startUpMs, on, jobs, ending, isTextByDefault };
  process.stderr.write(`${summary(figures)}\n`);
  if (runner.failure !== undefined) throw runner.failure;
  if (isInterrupted) return INTERRUPTED;
  return delivery.tally.failed > 0 ? SOME_FAILED : ALL_DONE;
}

/** What progress calls the run: the function, or its module when it has no name. */
function nameOf({ module, exportName }: MapArguments): string {
  return exportName === "default" ? basename(module, extname(module)) : exportName;
}

function statusOf(name: string, source: Source, feeder: Feeder, { tally }: Delivery): Progressing {
  const total = totalOf(source, feeder);
  const { done, failed, recorded } = tally;
  const counts = { name, done, failed, ran: done - recorded };
  if (total !== undefined) return { ...counts, total };
  if (source.sizeBytes === undefined || feeder.bytesRead === 0) return counts;
  return { ...counts, total: (feeder.itemsRead / feeder.bytesRead) * source.sizeBytes, isEstimate: true };
}

/** How many items there are, as soon as that is certain. */
function totalOf(source: Source, feeder: Feeder): number | undefined {
  return source.total ?? (feeder.allRead ? feeder.itemsRead : undefined);
}
