/**
 * Worker processes of a pool: how one is started, and how it begins.
 *
 * @packageDocumentation
 */
import { pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
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
    thread: startProcess({ ...start, entry: findEntry(here, NAME), data: duties, heap }),
    parcels: noParcels(),
  });
}

/** A port that nothing comes from. */
function noParcels(): ParcelPort {
  return new ParcelPort(new MessageChannel().port1);
}

/** Runs calls until the pool says to stop, or is no more. */
export function runProcess(): void {
  beginProcess((duties, heap) =>
    work(duties as Duties, {
      heap,
      parcels: noParcels(),
      tell: (message) => process.send?.(message),
      listen: (onMessage) => process.on("message", onMessage),
      leave: () => process.exit(),
    }),
  );
}

takeOverProcessAs(NAME, runProcess);
