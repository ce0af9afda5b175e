import { inspect } from "node:util";
import type { ResourceLimits } from "node:worker_threads";
import { checkKnown } from "../../sync/index.ts";

/** How a thread is made. */
export interface ThreadOptions<A extends readonly unknown[] = readonly unknown[]> {
  /** What its function is called with; copied when it is started, as captured variables are. */
  args?: A;
  /** What it is called in errors, in the operating system and in debuggers. Default: `Thread-` and a number, and the name of its function. */
  name?: string;
  /** Whether the program may end while it runs. Default: as the thread that makes it. */
  daemon?: boolean;
  /** Limits on its memory, as Node's `Worker` takes them. */
  resourceLimits?: ResourceLimits;
}

/** The options of what calls a function later: they may be left out, unless the function asks for arguments. */
export type OptionsFor<A extends readonly unknown[], O> = [] extends A
  ? [options?: O | undefined]
  : [options: O & { args: A }];

const LIMITS = ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"];
const KNOWN = ["args", "name", "daemon", "resourceLimits"];

/** Throws `TypeError` if something is not what it should be, and says what. */
export function checkThread(target: unknown, options: ThreadOptions, kind: string = "Thread"): void {
  if (typeof target !== "function") refuse(kind, "its target must be a function", target);
  if (!isObject(options)) refuse(kind, "its options must be an object", options);
  checkKnown(options, KNOWN, `a ${kind}`);
  const { args, name, daemon, resourceLimits } = options;
  if (args !== undefined && !Array.isArray(args)) refuse(kind, "its args must be an array", args);
  if (name !== undefined) checkName(name, kind);
  if (daemon !== undefined && typeof daemon !== "boolean")
    refuse(kind, "daemon must be true or false", daemon);
  if (resourceLimits !== undefined && !isObject(resourceLimits)) {
    refuse(kind, "its resourceLimits must be an object", resourceLimits);
  }
  checkLimits(resourceLimits ?? {}, kind);
}

function checkLimits(limits: ResourceLimits, kind: string): void {
  checkKnown(limits, LIMITS, "resourceLimits");
  for (const [name, value] of Object.entries(limits as Readonly<Record<string, unknown>>)) {
    const rule = `${name} in its resourceLimits must be a number above 0`;
    if (value !== undefined && typeof value !== "number") refuse(kind, rule, value);
    if (!(value === undefined || value > 0))
      throw new RangeError(`Cannot make a ${kind}: ${rule}, and is ${value}`);
  }
}

export function checkName(name: unknown, kind: string = "Thread"): asserts name is string {
  if (typeof name !== "string") refuse(kind, "its name must be a string", name);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function refuse(kind: string, rule: string, found: unknown): never {
  throw new TypeError(`Cannot make a ${kind}: ${rule}, and is ${inspect(found, { depth: 0 })}`);
}
