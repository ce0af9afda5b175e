/**
 * What a worker is started from, and with.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isWorkerThread, workerThreads } from "#heap";

/** The module that a worker runs. */
export interface WorkerEntry {
  readonly module: URL;
  /** Absent: the module is there for workers alone. Else it is a bundle, with the user's program in it, and this is who takes over. */
  readonly bundledAs: string | undefined;
}

/** What every worker of the toolkit is given, as `workerData`. */
export interface Beginning<T> {
  /** The record of its thread. */
  readonly thread: number;
  readonly bundledAs: string | undefined;
  readonly data: T;
}

/**
 * Finds the module for workers of one kind.
 *
 * @param here - The module that asks; or the bundle that it has become a part of.
 * @param name - Of the file beside it, without its ending.
 */
export function findEntry(here: URL, name: string): WorkerEntry {
  const separate = new URL(`./${name}${here.pathname.endsWith(".ts") ? ".ts" : ".js"}`, here);
  return existsSync(fileURLToPath(separate))
    ? { module: separate, bundledAs: undefined }
    : { module: here, bundledAs: name };
}

/**
 * In a bundle, workers run the bundle itself. Its modules are evaluated in order, those of the toolkit before the program that
 * imports them: there the worker begins its work, and keeps the program from being run by an error that it catches.
 *
 * @param name - As for {@link findEntry}. Does nothing in other workers.
 */
export function takeOverAs<T>(name: string, run: (beginning: Beginning<T>) => void): void {
  if (!isWorkerThread) return;
  const beginning = workerThreads().workerData as Beginning<T> | null;
  if (beginning?.bundledAs === name) takeOver(() => run(beginning));
}

/** Runs something in place of the program of a bundle. */
export function takeOver(run: () => void): never {
  // Whoever imports this file from another one of the bundle is given it, too.
  const stop = new Error(
    "Cannot load another file of this bundle in a worker of heddle: there the program itself, which it imports, does not run; " +
      "build a single file, or leave heddle out of the bundle",
  );
  const onError = (error: unknown): void => {
    process.off("uncaughtException", onError);
    if (error !== stop) throw error;
  };
  process.on("uncaughtException", onError);
  run();
  throw stop;
}
