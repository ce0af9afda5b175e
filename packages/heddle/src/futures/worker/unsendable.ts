/**
 * What a worker sends in place of an outcome that cannot travel.
 *
 * @packageDocumentation
 */
import { WireError } from "../../wire/index.ts";
import type { ChunkOutcome } from "../map/chunk.ts";

/** Throws for a value that cannot travel: a `WireError`, or whatever a getter in the value throws. */
type Trial = (value: unknown, path: "result" | "error") => void;

/**
 * The error that fails a call whose outcome cannot travel.
 *
 * @param reason - What was thrown when that was tried.
 */
export function reasonToSend(reason: unknown, trial: Trial): unknown {
  try {
    trial(reason, "error");
    return reason;
  } catch {
    return new WireError(
      "result",
      "a getter in it threw what cannot travel either",
      "have it throw an error",
    );
  }
}

/** Turns the results that cannot travel into failures of their items, and such failures into others, so that the rest arrives. */
export function withoutUnsendable(outcome: ChunkOutcome, trial: Trial): ChunkOutcome {
  const errors = new Map(outcome.errors);
  const values = [...outcome.values];
  for (let place = 0; place < values.length; place++) {
    const failed = errors.has(place);
    try {
      if (failed) trial(errors.get(place), "error");
      else trial(values[place], "result");
    } catch (reason) {
      values[place] = undefined;
      errors.set(place, reasonToSend(reason, trial));
    }
  }
  return { ...outcome, values, errors: [...errors].sort(([a], [b]) => a - b) };
}
