/**
 * Calls that can be said in text: the owner's side of `plain-body.ts`.
 *
 * @packageDocumentation
 */
import { koffiBinary, type SharedHeap } from "#heap";
import { functionTableIn } from "../../portable/index.ts";
import { plainText } from "../../wire/plain/index.ts";
import { findEntry, type WorkerEntry } from "../entry.ts";
import { inheritedFlags } from "./inherited-flags.ts";
import type { ProcessCall } from "./process-body.ts";
import type { PlainTask } from "./process-desk.ts";

/** What a function gives is written in place of its call, if there is room: so many bytes at least. */
const ROOM_BYTES = 16_000;

/** Flags that load something before the process begins, which may load the toolkit. */
const LOADS =
  /(?:^|\s)(?:-r|--(?:import|require|(?:experimental-)?loader|experimental-(?:default-)?config-file))\b/;

/** Where the text of a call stands, and what runs it. */
export interface PlainStart extends Pick<PlainTask, "text" | "sizeBytes" | "room"> {
  readonly entry: WorkerEntry;
}

/**
 * Writes a call into a heap.
 *
 * @param here - The folder of the module that processes run.
 * @returns `undefined` when it is more than text and data, or the process would have more to load in any case.
 * @throws `PortabilityError` when the function cannot travel, `HeapFullError`.
 */
export function writePlainCall(
  heap: SharedHeap,
  here: URL,
  [target, args, carried]: ProcessCall,
): PlainStart | undefined {
  const entry = findEntry(here, "heddle-plain-process");
  if (entry.bundledAs !== undefined || koffiBinary() === undefined || loadsFirst()) return undefined;
  // The quicker of the two.
  const given = plainText(args);
  const around = plainText(carried);
  if (given === undefined || around === undefined) return undefined;
  const described = functionTableIn(heap).describePlainly(target, "process[0]");
  const said = described && plainText(described);
  if (said === undefined) return undefined;
  const bytes = Buffer.from(`[${said},${given},${around}]`);
  const room = Math.max(bytes.length, ROOM_BYTES);
  const text = heap.allocate(room);
  heap.bytesTo(text + room).set(bytes, text);
  return { entry, text, sizeBytes: bytes.length, room };
}

function loadsFirst(): boolean {
  return LOADS.test(process.env["NODE_OPTIONS"] ?? "") || inheritedFlags().some((flag) => LOADS.test(flag));
}
