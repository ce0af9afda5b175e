/**
 * Where result lines are written.
 *
 * @packageDocumentation
 */
import { createWriteStream, openSync } from "node:fs";
import type { Writable } from "node:stream";
import { CommandError, systemReason } from "./errors.ts";

/** Whom an output tells what happens to it. */
export interface OutputOwner {
  /** There is room again. */
  onDrain(): void;
  /** Nothing can be written any more. `undefined`: whoever read it has gone, which is no fault. */
  onFailure(error: CommandError | undefined): void;
}

/** Collects lines and writes them in large pieces, in order. */
export class Output {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #owner: OutputOwner;
  #lines: string[] = [];
  #linesLength = 0;
  #isScheduled = false;
  #isBroken = false;

  /**
   * Opens the output, and empties it if it is a file.
   *
   * @param path - Absent for standard output.
   * @throws `CommandError` with the code `ERR_HEDDLE_OUTPUT` when it cannot be opened.
   */
  constructor(path: string | undefined, owner: OutputOwner) {
    this.#name = path ?? "standard output";
    this.#owner = owner;
    this.#stream = path === undefined ? process.stdout : openFile(path);
    this.#stream.on("drain", () => owner.onDrain());
    this.#stream.on("error", (error) => this.#fail(error));
  }

  /** About how many bytes wait to be written. */
  get waitingBytes(): number {
    return this.#isBroken ? 0 : this.#linesLength + this.#stream.writableLength;
  }

  write(lines: string): void {
    this.#lines.push(lines);
    this.#linesLength += lines.length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  /** Resolves when all so far is written, or cannot be. */
  async drained(): Promise<void> {
    this.#flush();
    if (!this.#isBroken) await new Promise<void>((resolve) => this.#stream.write("", () => resolve()));
  }

  /** Writes what is left. Resolves when all is written, or cannot be. */
  async close(): Promise<void> {
    await this.drained();
    if (this.#stream === process.stdout || this.#isBroken) return;
    await new Promise<void>((resolve) => this.#stream.once("close", resolve).end());
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#lines.length === 0) return;
    const text = this.#lines.join("");
    this.#lines = [];
    this.#linesLength = 0;
    if (!this.#isBroken) this.#stream.write(text);
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#owner.onFailure(error.code === "EPIPE" ? undefined : unwritable(this.#name, error));
  }
}

function openFile(path: string): Writable {
  try {
    return createWriteStream(path, { fd: openSync(path, "w") });
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(name: string, error: unknown): CommandError {
  return new CommandError("ERR_HEDDLE_OUTPUT", `Cannot write ${name}: ${systemReason(error)}`, {
    cause: error,
  });
}
