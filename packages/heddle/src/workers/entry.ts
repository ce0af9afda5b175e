/**
 * What a worker is started from, and with.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isWorkerThread, thisScript, workerThreads } from "#heap";

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

/** Files that are there for workers alone, by their URLs. */
const separate = new Map<string, WorkerEntry>();

/**
 * Finds the module for workers of one kind.
 *
 * @param here - The module that asks; or the bundle that it has become a part of.
 * @param name - Of the file beside it, without its ending.
 */
export function findEntry(here: URL, name: string): WorkerEntry {
  const module = new URL(`./${name}${here.pathname.endsWith(".ts") ? ".ts" : ".js"}`, here);
  const known = separate.get(module.href);
  if (known !== undefined) return known;
  if (existsSync(fileURLToPath(module))) {
    const entry = { module, bundledAs: undefined };
    separate.set(module.href, entry);
    return entry;
  }
  return { module: existsSync(fileURLToPath(here)) ? here : thisScript(), bundledAs: name };
}

/** What this worker is to do in place of the program of its bundle. */
let work: (() => void) | undefined;

/**
 * Says what workers of one kind do, where the toolkit is part of a bundle. Does nothing in other workers.
 *
 * @param name - As for {@link findEntry}.
 */
export function takeOverAs<T>(name: string, run: (beginning: Beginning<T>) => void): void {
  if (!isWorkerThread) return;
  const beginning = workerThreads().workerData as Beginning<T> | null;
  if (beginning?.bundledAs === name) workInstead(() => run(beginning));
}

/** Says what this worker does when it takes over. */
export function workInstead(run: () => void): void {
  work = run;
}

/**
 * In a bundle, workers run the bundle itself. Its modules are evaluated in order, those of the toolkit before the program that
 * imports them: between them the worker begins its work, and keeps the program from being run by an error that it catches.
 */
export function takeOver(): void {
  if (work === undefined) return;
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
  work();
  throw stop;
}
