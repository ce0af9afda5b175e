/** Errors that queues throw. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../portable/index.ts";

/** The queue was shut down: nothing can be put any more, or all that was put has been taken. */
export class QueueShutDownError extends Error {
  override readonly name = "QueueShutDownError";
  readonly code = "ERR_HEDDLE_QUEUE_SHUT_DOWN";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

// Where Heddle is part of a bundle, workers have the same class.
declareEverywhere("QueueShutDownError", QueueShutDownError);
