/**
 * What tasks print, told to their pool instead: which of them, in which worker, wrote what.
 *
 * The name of a task travels as the values of context variables do, so what its body calls, awaits and starts has it, too.
 *
 * @packageDocumentation
 */
import { ContextVar } from "../../scopes/index.ts";

/** Something that was written to `process.stdout` or `process.stderr` in a worker, as by `console.log`. */
export interface TaskOutput {
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** The name of the task: of its function, or as given by `with({ name })`. Undefined for what belongs to none. */
  readonly task: string | undefined;
  /** The name of the worker. */
  readonly worker: string;
}

/** What a worker posts: the mark, the stream, the text, the task. */
type Message = readonly [typeof MARK, TaskOutput["stream"], string, string | undefined];

const MARK = "heddle.output";
const taskName = new ContextVar<string | undefined>("heddle.output.task", undefined);

/** Calls `send`, and has what the call prints carry this name. */
export function printingAs<T>(task: string, send: () => T): T {
  return taskName.run(task, send);
}

/** From now on what this worker writes is posted. */
export function postOutput(post: (message: unknown) => void): void {
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      post([MARK, stream, text, taskName.get()] satisfies Message);
      const written = rest.at(-1);
      if (typeof written === "function") queueMicrotask(written as () => void);
      return true;
    };
  }
}

/** What a worker has posted, if it is that. */
export function outputOf(message: unknown, worker: string): TaskOutput | undefined {
  if (!Array.isArray(message) || message[0] !== MARK) return undefined;
  const [, stream, text, task] = message as unknown as Message;
  return { stream, text, task, worker };
}
