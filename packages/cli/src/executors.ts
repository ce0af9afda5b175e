/**
 * The places where chunks run.
 *
 * @packageDocumentation
 */
import { cpuCount, fromModule, InlineExecutor, ThreadPoolExecutor, type Executor } from "heddle";
import type { Place } from "./map-arguments.ts";
import * as chunkModule from "./chunk.ts";
import type { LoadedFunction } from "./load-module.ts";
import type { ChunkExecutor } from "./runner.ts";

/** An executor for one function, and its end. */
export interface FunctionExecutor extends ChunkExecutor {
  /** Lets the workers go; those that were cancelled are not waited for. */
  close(): Promise<void>;
}

/** How many items run at once when nobody says. */
export function defaultJobs(on: Place): number {
  return on === "threads" ? cpuCount() : 1;
}

/** Makes the executor that calls `target` on `jobs` workers, each call for at most `timeoutMs`. Workers start when there is work. */
export function startExecutor(
  target: LoadedFunction,
  { on, jobs, timeoutMs }: { on: Place; jobs: number; timeoutMs: number | undefined },
): FunctionExecutor {
  const pool = on === "threads" ? new ThreadPoolExecutor({ maxWorkers: jobs }) : new InlineExecutor();
  const executor: Executor = pool.with({
    name: target.exportName,
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  // A worker imports both modules by itself; only their addresses travel.
  const { runChunk } =
    on === "threads" ? fromModule<typeof chunkModule>(chunkModule.MODULE_URL) : chunkModule;
  const fn =
    on === "threads"
      ? fromModule<Record<string, chunkModule.Target>>(target.url)[target.exportName]!
      : target.fn;
  return {
    submit: (items, order) => executor.submit(runChunk, fn, items, order),
    close: () => pool.shutdown({ cancelPending: true }),
  };
}
