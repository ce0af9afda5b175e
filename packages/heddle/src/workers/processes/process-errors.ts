/** What can go wrong with processes, apart from what runs in them. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../../portable/index.ts";

/** A process is not in the state that was asked for: started twice, joined before it was started, and the like. Nothing was done. */
export class ProcessStateError extends Error {
  override readonly name = "ProcessStateError";
  readonly code = "ERR_HEDDLE_PROCESS_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A process ended before its function did: it was killed, called `process.exit`, ran out of memory, or of things to do. */
export class ProcessEndedError extends Error {
  override readonly name = "ProcessEndedError";
  readonly code = "ERR_HEDDLE_PROCESS_ENDED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** The name of the process. */
  readonly process: string;
  /** As `Process.exitCode`. */
  readonly exitCode: number | undefined;
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | undefined;

  constructor(
    process: string,
    end: {
      readonly exitCode?: number | undefined;
      readonly signal?: NodeJS.Signals | undefined;
      readonly cause?: unknown;
    },
  ) {
    const { exitCode, signal, cause } = end;
    const how = signal === undefined ? `with exit code ${exitCode}` : `by ${signal}`;
    const message = `Cannot give the result of process "${process}": it ended ${cause instanceof Error ? `by ${cause.name}: ${cause.message}` : how}`;
    super(message, cause === undefined ? undefined : { cause });
    this.process = process;
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

for (const cls of [ProcessStateError, ProcessEndedError]) declareEverywhere(cls.name, cls);
