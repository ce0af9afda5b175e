/**
 * The places where chunks run.
 *
 * @packageDocumentation
 */
import {
  cpuCount,
  type Executor,
  fromModule,
  InlineExecutor,
  ProcessPoolExecutor,
  SharedHeapError,
  ThreadPoolExecutor,
} from "heddle";
import type { Place } from "./map-arguments.ts";
import * as chunkModule from "./chunk.ts";
import { oneLine, usageError } from "./errors.ts";
import type { LoadedFunction } from "./load-module.ts";
import type { ChunkExecutor } from "./runner.ts";

/** An executor for one function, and its end. */
export interface FunctionExecutor extends ChunkExecutor {
  /** Lets the workers go; those that were cancelled are not waited for. */
  close(): Promise<void>;
}

/** How many items run at once when nobody says. */
export function defaultJobs(on: Place): number {
  return on === "inline" ? 1 : cpuCount();
}

/** A terminal tells all processes of Ctrl-C. The command decides what comes of it; without it, workers end. */
function leaveSignals(): void {
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
}

/** @throws `CommandError` with the code `ERR_HEDDLE_USAGE` where processes cannot share memory. */
function poolOf(on: Place, maxWorkers: number): Executor {
  if (on === "inline") return new InlineExecutor();
  if (on === "threads") return new ThreadPoolExecutor({ maxWorkers });
  try {
    return new ProcessPoolExecutor({ maxWorkers, initializer: leaveSignals });
  } catch (error) {
    if (!(error instanceof SharedHeapError)) throw error;
    throw usageError(`Cannot run --on processes: ${oneLine(error)}; or leave --on out, for threads`);
  }
}

/** Makes the executor that calls `target` on `jobs` workers, each call for at most `timeoutMs`. Workers start when there is work. */
export function startExecutor(
  target: LoadedFunction,
  { on, jobs, timeoutMs }: { on: Place; jobs: number; timeoutMs: number | undefined },
): FunctionExecutor {
  const pool = poolOf(on, jobs);
  const executor: Executor = pool.with({
    name: target.exportName,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  // A worker imports both modules by itself; only their addresses travel.
  const isElsewhere = on !== "inline";
  const { runChunk } = isElsewhere ? fromModule<typeof chunkModule>(chunkModule.MODULE_URL) : chunkModule;
  const fn = isElsewhere
    ? fromModule<Record<string, chunkModule.Target>>(target.url)[target.exportName]!
    : target.fn;
  return {
    submit: (items, order) => executor.submit(runChunk, fn, items, order),
    close: () => pool.shutdown({ cancelPending: true }),
  };
}
