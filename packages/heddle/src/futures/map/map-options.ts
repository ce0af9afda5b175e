import type { WaitOptions } from "../wait-options.ts";

/** How a map is done. `timeoutMs` and `signal` limit the whole of it. */
export interface MapOptions extends WaitOptions {
  /**
   * Items to a call; `"auto"`, the default, learns from how long they take. When a worker ends, all items of the call
   * that it ran fail with `BrokenExecutorError`: some of them may have been done. With 1 it is the one at fault.
   */
  chunkSize?: number | "auto";
  /**
   * At most so many results wait to be read; the items are read no faster. By default there is no bound for arrays, and
   * 100,000 for other sources.
   */
  buffer?: number;
  /** Results in the order of the items (true, the default), or as they come. */
  ordered?: boolean;
  /**
   * `"throw"`, the default: the first failure ends the map, at its place among the results. `"collect"`: all items are
   * done, and their failures thrown at the end in one `AggregateError`.
   */
  onError?: "throw" | "collect";
}

/** How far a map is. */
export interface MapProgress {
  /** Items that gave a result. */
  done: number;
  /** Items that failed. */
  failed: number;
  /** Items there are, where that is known. */
  total?: number;
}

/**
 * The results of a map, to be read once. Leaving the loop, or `return()`, cancels what has not begun.
 *
 * When the scope around a read is cancelled, as by `withTimeout`, only that wait ends: the map goes on, and the next read has what
 * this one would have had. What cancels the map is the end of the scope that it was made in.
 */
export interface MapResult<R> extends AsyncIterableIterator<R>, AsyncDisposable {
  /** All results. */
  toArray(): Promise<R[]>;
  readonly progress: MapProgress;
}
