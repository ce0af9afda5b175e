import { helpOn } from "#heap";
import { declareEverywhere } from "../../portable/index.ts";

/** The two sides do not have the same key, or the other one is none of Heddle's. Nothing was asked and nothing told. */
export class AuthenticationError extends Error {
  override readonly name = "AuthenticationError";
  readonly code = "ERR_HEDDLE_AUTHENTICATION";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

// Where Heddle is part of a bundle, workers have the same class.
declareEverywhere("AuthenticationError", AuthenticationError);
