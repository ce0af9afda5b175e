/**
 * How sending and receiving fail.
 *
 * @packageDocumentation
 */
import { helpOn } from "#heap";

/** Every code this layer can raise. A released code never changes its meaning; messages may. */
export type WireErrorCode =
  | "ERR_HEDDLE_NOT_CLONEABLE"
  | "ERR_HEDDLE_CORRUPT_MESSAGE"
  | "ERR_HEDDLE_NOT_LOADED";

/** A value cannot travel to another thread. Nothing was sent, nothing was moved. */
export class WireError extends TypeError {
  override readonly name = "WireError";
  readonly code: WireErrorCode = "ERR_HEDDLE_NOT_CLONEABLE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** Where the value stands in what was sent, such as `args[0].items[3].socket`. */
  readonly path: string;

  /**
   * @param path - Where the value stands.
   * @param found - What stands there and why it stays, such as "it is a WeakMap, which cannot be read out".
   * @param remedy - What to do instead.
   */
  constructor(path: string, found: string, remedy: string) {
    super(`Cannot send ${shortened(path)}: ${found}; ${remedy}`);
    this.path = path;
  }
}

/** V8 has a word of its own for expressions that find no stack to run on. */
export function isStackOverflow(error: unknown): boolean {
  if (error instanceof RangeError) return error.message === "Maximum call stack size exceeded";
  return error instanceof SyntaxError && error.message.endsWith("Stack overflow");
}

/** Longest path that a message shows in full. */
const SHOWN_PATH = 300;

function shortened(path: string): string {
  return path.length <= SHOWN_PATH
    ? path
    : `${path.slice(0, SHOWN_PATH / 2)} … ${path.slice(-SHOWN_PATH / 2)}`;
}

/** The bytes are no message of this version: cut short, damaged or foreign. No value was made. */
export class CorruptMessageError extends Error {
  override readonly name = "CorruptMessageError";
  readonly code: WireErrorCode = "ERR_HEDDLE_CORRUPT_MESSAGE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);

  constructor(found: string, options?: ErrorOptions) {
    super(`Cannot decode message: ${found}`, options);
  }
}

/** A value needs a module that this thread has yet to load. Nothing was taken: await {@link ready}, then take it again. */
export class NotLoadedError extends Error {
  override readonly name = "NotLoadedError";
  readonly code: WireErrorCode = "ERR_HEDDLE_NOT_LOADED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** Settles when the module has been loaded, or could not be. */
  readonly ready: Promise<unknown>;

  constructor(ready: Promise<unknown>, found = "a module that it needs is still loading") {
    super(`Cannot decode message: ${found}`);
    this.ready = ready;
  }
}
