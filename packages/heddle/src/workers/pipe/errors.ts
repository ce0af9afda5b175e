/** How the use of a pipe fails. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../../portable/index.ts";

/**
 * The other end of the pipe is closed, or whoever had it is gone: nothing can be sent, or all that was sent has been
 * received. Its cause is what broke the pipe, if it was not closed in order.
 */
export class ConnectionClosedError extends Error {
  override readonly name = "ConnectionClosedError";
  readonly code = "ERR_HEDDLE_CONNECTION_CLOSED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** This end of the pipe is not for what was asked of it: it was closed, or it only sends, or it only receives. */
export class ConnectionStateError extends Error {
  override readonly name = "ConnectionStateError";
  readonly code = "ERR_HEDDLE_CONNECTION_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

// Where Heddle is part of a bundle, workers have the same classes.
for (const cls of [ConnectionClosedError, ConnectionStateError]) declareEverywhere(cls.name, cls);

export function closedHere(verb: string): ConnectionStateError {
  return new ConnectionStateError(`Cannot ${verb}: this end of the pipe was closed`);
}

export function closedThere(verb: string, cause?: unknown): ConnectionClosedError {
  return new ConnectionClosedError(
    `Cannot ${verb}: the other end of the pipe is closed`,
    cause === undefined ? undefined : { cause },
  );
}

/** The thread that made a pipe is gone, and so are both ends. */
export function pipeGone(verb: string, cause: unknown): ConnectionClosedError {
  return new ConnectionClosedError(`Cannot ${verb}: the thread that made the pipe is gone`, { cause });
}
