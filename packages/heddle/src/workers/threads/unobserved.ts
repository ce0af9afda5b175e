/**
 * Errors that nobody asked for.
 *
 * A native promise reports such an error at once, so that awaiting two futures one after the other ends the
 * program when the second fails first. A future or a thread waits with it until nobody can ask any more: when it
 * is collected, or when the program has nothing left to do. Where that is long in coming, a warning tells of the error meanwhile: it may be
 * why the program stands still.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";

/** An error that waits for somebody to ask for it. */
export interface Unobserved {
  readonly reason: unknown;
  /** Has it reported. Knows nothing of what it belongs to, which may be collected meanwhile. */
  readonly surface: (reason: unknown) => void;
  /** Whether it waits for long: it was there at one look, and was told of at the next. */
  age?: "noted" | "told";
  /** Called when it waits no more, because somebody has asked for it, or nobody can. */
  over?: () => void;
}

const waiting = new Set<Unobserved>();

/** How often those that wait are looked at. */
const LOOK_MS = 5000;
/** Of this thread, not of a clock that a test puts in its place. */
const { setTimeout } = globalThis;
let isLooking = false;

const collected = new FinalizationRegistry<Unobserved>((entry) => {
  if (!waiting.delete(entry)) return;
  entry.over?.();
  entry.surface(entry.reason);
});

let watchingExit = false;

/**
 * Surfaces `reason`, unless {@link forgetUnobserved} is called before it is too late.
 *
 * @param owner - Who has it is who can ask for the error.
 * @param surface - How. Default: as an unhandled rejection.
 */
export function noteUnobserved(
  owner: object,
  reason: unknown,
  surface: (reason: unknown) => void = rejectUnhandled,
): Unobserved {
  const entry: Unobserved = { reason, surface };
  tellStack(reason);
  waiting.add(entry);
  lookSoon();
  collected.register(owner, entry, entry);
  if (!watchingExit) {
    watchingExit = true;
    process.on("beforeExit", () => {
      const entries = [...waiting];
      waiting.clear();
      for (const { reason, surface } of entries) surface(reason);
    });
  }
  return entry;
}

/** Somebody has asked for it. */
export function forgetUnobserved(entry: Unobserved): void {
  waiting.delete(entry);
  collected.unregister(entry);
  entry.over?.();
}

function lookSoon(): void {
  if (isLooking) return;
  isLooking = true;
  setTimeout(() => {
    isLooking = false;
    if (lookAtUnobserved()) lookSoon();
  }, LOOK_MS).unref();
}

/** Warns of errors that were there at the last look: of the first in full. Gives whether there are any that nobody was told of. */
export function lookAtUnobserved(): boolean {
  const isOld = ({ age }: Unobserved): boolean => age === "noted";
  const [first, ...others] = [...waiting].filter(isOld);
  for (const entry of waiting) entry.age = entry.age === undefined ? "noted" : "told";
  if (first !== undefined) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    process.emitWarning(
      `An error waits for somebody to ask for it${more}, by await, result() or join(): ${inspect(first.reason)}`,
      { type: "HeddleWarning", code: "HEDDLE_UNREAD_ERROR" },
    );
  }
  return [...waiting].some(isOld);
}

/** Until its stack is put into words, an error has all that was called, and with what `this`: its owner, perhaps. */
function tellStack(reason: unknown): void {
  try {
    if (reason instanceof Error) void reason.stack;
  } catch {
    // It is not one that the engine has made.
  }
}

function rejectUnhandled(reason: unknown): void {
  void Promise.reject(reason);
}
