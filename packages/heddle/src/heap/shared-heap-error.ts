import { helpOn } from "./help.ts";

/** A heap that processes share cannot be made, opened or used. The message says why. */
export class SharedHeapError extends Error {
  override readonly name = "SharedHeapError";
  readonly code = "ERR_HEDDLE_SHARED_HEAP";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}
