/**
 * Whole programs as one task.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { LongTimer, Scope } from "../scopes/index.ts";
import { checkBody, checkDuration } from "./checks.ts";
import { abortError } from "./errors.ts";
import { taskGroup } from "./task-group.ts";

/** How a program ends. */
export interface RunOptions {
  /** After a signal the program has so long to clean up; then it ends regardless. 10 seconds by default. */
  cleanUpMs?: number;
}

const DEFAULT_CLEAN_UP_MS = 10_000;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs `main` as a program: SIGINT and SIGTERM cancel it, it may clean up, and the process ends with the right code.
 *
 * The exit code is what `main` gives, if that is a number; 1 if it throws, with the error on the standard error; and
 * after a signal, 128 and the number of the signal. A second signal, or clean-up that takes too long, ends the process
 * at once. Without a signal the process ends when nothing is left to do.
 *
 * Node hears signals in the event loop of the main thread. While that blocks, in `waitSync()` and the like or in a long
 * computation, no signal does anything, not even a second one; what came meanwhile counts when the loop turns again, or `main`
 * has ended. SIGKILL and SIGQUIT (Ctrl+\) end such a program. So let `main` wait by the forms that are awaited, and put what
 * blocks in a `Thread`.
 *
 * @example
 * ```ts
 * import { run, sleep } from "heddle";
 *
 * await run(async () => {
 *   await sleep(1); // Ctrl+C here ends the program with exit code 130.
 * });
 * ```
 */
export async function run(main: () => unknown, options: RunOptions = {}): Promise<void> {
  checkBody(main, "run()");
  const { cleanUpMs = DEFAULT_CLEAN_UP_MS } = options;
  checkDuration(cleanUpMs, "run()");
  const scope = new Scope();
  let code: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (code !== undefined) process.exit(code);
    const { constants } = process.getBuiltinModule("node:os");
    const exitCode = (code = 128 + constants.signals[signal]);
    void new LongTimer(() => process.exit(exitCode), cleanUpMs, true);
    scope.cancel(abortError(`The program was told to stop by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const result = await scope.run(() => taskGroup((group) => group.spawn(main, { name: "main" })));
    if (typeof result === "number") process.exitCode = exitCodeOf(result);
  } catch (error) {
    if (!scope.isItsCancellation(error)) {
      process.stderr.write(`${inspect(error)}\n`);
      process.exitCode = 1;
    }
  } finally {
    // A signal that came while main blocked is heard in the next turn of the loop.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    for (const signal of SIGNALS) process.off(signal, onSignal);
    scope.close();
  }
  if (code !== undefined) process.exit(code);
}

function exitCodeOf(result: number): number {
  if (Number.isInteger(result)) return result;
  throw new RangeError(`Cannot end the program: ${result} is not an exit code, which is a whole number`);
}
