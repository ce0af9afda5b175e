/**
 * Which promises have not settled, and where in the program they were made or awaited.
 *
 * @packageDocumentation
 */

/** Enough to get from a promise of the platform to whoever awaits it. */
const STACK_DEPTH = 12;

export class PendingPromises {
  readonly #made = new Map<Promise<unknown>, { readonly stack?: string }>();
  readonly #stop: () => void;

  constructor() {
    this.#stop = process.getBuiltinModule("node:v8").promiseHooks.createHook({
      init: (promise) => {
        const limit = Error.stackTraceLimit;
        Error.stackTraceLimit = STACK_DEPTH;
        // V8 writes the text of a stack only when somebody asks for it.
        const site: { stack?: string } = {};
        Error.captureStackTrace(site);
        Error.stackTraceLimit = limit;
        this.#made.set(promise, site);
      },
      settled: (promise) => void this.#made.delete(promise),
    }) as () => void;
  }

  stop(): void {
    this.#stop();
  }

  /** Places in the program, each once, the latest first. */
  sites(): string[] {
    const sites = [...this.#made.values()].map(({ stack }) => siteIn(stack ?? ""));
    return [...new Set(sites)].filter((site) => site !== "").toReversed();
  }
}

function siteIn(stack: string): string {
  const line = stack
    .split("\n")
    .slice(1)
    .find(
      (text) => !/node:|[\\/]testing[\\/](src|dist)[\\/][\w-]+\.[jt]s:|Promise\.|<anonymous>\)?$/.test(text),
    );
  return line?.trim().replace(/^at /, "") ?? "";
}
