/** The error of a channel that is closed. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../../portable/index.ts";

/**
 * The channel is closed: nothing can be sent, or all that was sent has been received. Its cause is the error that the channel
 * was closed with, if there was one.
 */
export class ChannelClosedError extends Error {
  override readonly name = "ChannelClosedError";
  readonly code = "ERR_HEDDLE_CHANNEL_CLOSED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

// Where Heddle is part of a bundle, workers have the same class.
declareEverywhere("ChannelClosedError", ChannelClosedError);
