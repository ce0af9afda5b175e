/**
 * Worker processes of a pool: how one is started, and how it begins.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import type { SharedHeap } from "#heap";
import { beginProcess, findEntry, startProcess, takeOverProcessAs } from "../../workers/index.ts";
import { ParcelPort } from "../board/parcels.ts";
import type { Recruit } from "../pool/recruits.ts";
import { type Duties, work } from "./worker-entry.ts";

/** A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const NAME = "heddle-process";

/** Workers are processes, which share a heap with this one. Nothing goes beside their calls. */
export function recruitProcess(heap: SharedHeap): Recruit {
  return ({ duties, ...start }) => ({
    thread: startProcess({ ...start, entry: findEntry(here, NAME), data: writable(duties), heap }),
    parcels: new ParcelPort(undefined),
  });
}

/** JSON has nothing that is without end. */
function writable(duties: Duties): Duties {
  const { maxTasks, maxMemoryBytes } = duties;
  return {
    ...duties,
    maxTasks: Math.min(maxTasks, Number.MAX_SAFE_INTEGER),
    maxMemoryBytes: Math.min(maxMemoryBytes, Number.MAX_SAFE_INTEGER),
  };
}

/** Runs calls until the pool says to stop, or is no more. */
export function runProcess(): void {
  beginProcess((duties, heap) =>
    work(duties as Duties, {
      heap,
      parcels: new ParcelPort(undefined),
      tell: (message) => process.send?.(message),
      listen: (onMessage) => process.on("message", onMessage),
      leave: () => process.exit(),
    }),
  );
}

takeOverProcessAs(NAME, runProcess);
