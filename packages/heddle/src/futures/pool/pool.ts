/**
 * A pool: its dispatcher, and how it ends.
 *
 * @packageDocumentation
 */
import type { JoinedHeap } from "#heap";
import { Dispatcher } from "./dispatcher.ts";
import { defaultName, type ExecutorStatistics, type ShutdownOptions } from "../executor.ts";
import type { ExecutorCore } from "../executor-view.ts";
import type { Future } from "../future.ts";
import { checkPoolOptions, type PoolOptions } from "./pool-options.ts";
import type { Recruit } from "./recruits.ts";
import { RetryingCore } from "../retries.ts";
import type { TaskOptions } from "../task-options.ts";
import { printingAs } from "../worker/task-output.ts";
import type { WaitOptions } from "../wait-options.ts";

/** Where a pool and its workers meet. */
export interface PoolPlace {
  readonly heap: JoinedHeap;
  readonly recruit: Recruit;
  /** Called when all workers are gone, and what they shared is free. */
  leave(): void;
}

/** How what a task prints is named. */
const nameOf = (fn: Function, { name }: TaskOptions): string => name ?? (fn.name || "(anonymous)");

/** The workers behind an executor. */
export class Pool implements ExecutorCore {
  readonly name: string;
  readonly maxWorkers: number;
  readonly concurrency: number;
  readonly #place: PoolPlace;
  readonly #dispatcher: Dispatcher;
  readonly #tellsOutput: boolean;
  #gone: Promise<void> | undefined;

  /**
   * @param makePlace - Called when the options have been found to be in order.
   * @param isBackground - Calls that nobody waits for do not keep the program alive.
   */
  constructor(options: PoolOptions, makePlace: () => PoolPlace, isBackground: boolean = false) {
    const checked = checkPoolOptions(options);
    this.name = options.name || defaultName("pool");
    this.maxWorkers = checked.maxWorkers;
    this.concurrency = checked.concurrency;
    this.#place = makePlace();
    this.#tellsOutput = checked.onOutput !== undefined;
    this.#dispatcher = new Dispatcher(this.#place.heap, {
      ...checked,
      name: this.name,
      isBackground,
      initialize: checked.initializer !== undefined,
      recruit: this.#place.recruit,
    });
    this.#dispatcher.crew.ensure(checked.minWorkers);
  }

  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown> {
    if (!this.#tellsOutput) return this.#dispatcher.submit(fn, args, options, begun);
    return printingAs(nameOf(fn, options), () => this.#dispatcher.submit(fn, args, options, begun));
  }

  begin(): () => void {
    return this.#dispatcher.begin();
  }

  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[] {
    if (!this.#tellsOutput) return this.#dispatcher.broadcast(fn, args, options);
    return printingAs(nameOf(fn, options), () => this.#dispatcher.broadcast(fn, args, options));
  }

  statistics(): ExecutorStatistics {
    return this.#dispatcher.statistics();
  }

  ready(options: WaitOptions | undefined): Promise<void> {
    return this.#dispatcher.ready(options);
  }

  async shutdown({ wait = true, cancelPending = false, graceMs }: ShutdownOptions): Promise<void> {
    this.#dispatcher.close();
    if (cancelPending) this.#dispatcher.cancelPending();
    if (graceMs !== undefined) this.#dispatcher.cancelAll(graceMs);
    this.#gone ??= this.#dispatcher.idle().then(() => this.#end());
    if (wait) await this.#gone;
  }

  async #end(): Promise<void> {
    await this.#dispatcher.stop();
    this.#place.leave();
  }
}

/** Shuts down pools that nobody can submit to any more: what is under way is finished, and the workers go. */
const dropped = new FinalizationRegistry<Pool>((pool) => void pool.shutdown({ wait: false }));

/** What an executor submits to. The pool is shut down when nobody has that any more. */
export function coreOf(pool: Pool): ExecutorCore {
  const core = new RetryingCore(pool);
  dropped.register(core, pool);
  return core;
}
