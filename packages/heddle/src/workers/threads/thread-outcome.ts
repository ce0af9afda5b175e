/**
 * What has come of a thread.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { storedValues } from "../../sync/index.ts";
import { ThreadEndedError } from "../errors.ts";
import { here } from "./here.ts";
import { How, type ThreadCore } from "./thread-core.ts";

/** What came of it. */
export type ThreadOutcome =
  | { readonly isValue: true; readonly value: unknown }
  /** A failure is an end that nobody asked for. */
  | { readonly isValue: false; readonly error: unknown; readonly isFailure: boolean };

/** What it gave, when it was posted to this thread; `undefined` if that has been lost. */
export type Posted = () => Promise<{ readonly value: unknown } | undefined>;

/**
 * What has come of a thread that has ended.
 *
 * @param posted - In the thread that has started it.
 */
export async function readOutcome(core: ThreadCore, posted: Posted | undefined): Promise<ThreadOutcome> {
  if (core.how === How.RETURNED_ASIDE) {
    const received = await posted?.();
    return received === undefined ? lost(core) : { isValue: true, value: received.value };
  }
  const stored = storedAt(core);
  try {
    return outcomeOf(core, stored === 0 ? undefined : await storedValues().readAsync(stored));
  } catch (error) {
    return { isValue: false, error, isFailure: true };
  }
}

/** As `readOutcome`, in a thread that blocks: what was posted to it is not read. */
export function readOutcomeSync(core: ThreadCore): ThreadOutcome {
  if (core.how === How.RETURNED_ASIDE) return lost(core);
  const stored = storedAt(core);
  try {
    return outcomeOf(core, stored === 0 ? undefined : storedValues().readSync(stored));
  } catch (error) {
    return { isValue: false, error, isFailure: true };
  }
}

/** Keeps why a thread ended for who asks; 0 where it cannot travel. */
export function storeError(error: unknown): number {
  try {
    return storedValues().store(error, "error");
  } catch {
    return 0;
  }
}

function storedAt(core: ThreadCore): number {
  return core.how === How.DIED ? core.cause : core.outcome;
}

function outcomeOf(core: ThreadCore, found: unknown): ThreadOutcome {
  switch (core.how) {
    case How.RETURNED:
      return { isValue: true, value: found };
    case How.THREW:
      return { isValue: false, error: found, isFailure: true };
    case How.INTERRUPTED:
      return { isValue: false, error: found, isFailure: false };
    case How.EXITED:
      return asked(core, `it called process.exit(${String(found)})`, { exitCode: Number(found) });
    case How.STARVED:
      return failed(core, "nothing was left to do in it, but its function had not ended");
    default:
      return died(core, found);
  }
}

function died(core: ThreadCore, cause: unknown): ThreadOutcome {
  if (core.isToBeTerminated) return asked(core, "it was terminated");
  if (cause === undefined) {
    return failed(core, core.identity === 0 ? "it ended before it began" : "it ended unexpectedly");
  }
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause);
  return failed(core, `it ended by ${what}`, { cause });
}

function lost(core: ThreadCore): ThreadOutcome {
  return failed(core, "what it gave could only be sent to the thread that has started it");
}

function asked(core: ThreadCore, how: string, options?: { exitCode: number }): ThreadOutcome {
  return { isValue: false, error: ended(core, how, options), isFailure: false };
}

function failed(core: ThreadCore, how: string, options?: ErrorOptions): ThreadOutcome {
  return { isValue: false, error: ended(core, how, options), isFailure: true };
}

function ended(
  core: ThreadCore,
  how: string,
  options?: ErrorOptions & { exitCode?: number },
): ThreadEndedError {
  return new ThreadEndedError(core.readName(here().heap), how, options);
}
