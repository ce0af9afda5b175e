/**
 * One run for all who ask for the same at the same time.
 *
 * @packageDocumentation
 */
import { limitWait, throwIfEnded } from "../futures/index.ts";
import { Scope, unheard } from "../scopes/index.ts";
import { checkBody } from "./checks.ts";
import { abortError } from "./errors.ts";
import { inScope } from "./in-scope.ts";

/** One run under way. */
interface Flight {
  readonly scope: Scope;
  readonly result: Promise<unknown>;
  passengers: number;
}

/**
 * Shares runs: who asks for a key while a run for it is under way gets the result of that run.
 *
 * Each caller may leave by its own cancellation. With the last one the run is cancelled, and that one waits for it to end, and
 * throws what goes wrong in its clean-up; who asks meanwhile begins another run.
 *
 * Source: Go's `golang.org/x/sync/singleflight`.
 *
 * @example
 * ```ts
 * import { gather, SingleFlight } from "heddle";
 *
 * const flights = new SingleFlight<string, number>();
 * let runs = 0;
 * const load = () => flights.run("answer", async () => ++runs);
 * await gather(load, load, load); // => [1, 1, 1]
 * ```
 */
export class SingleFlight<K, T> {
  readonly #flights = new Map<K, Flight>();

  /** How many runs are under way. */
  get size(): number {
    return this.#flights.size;
  }

  /** The result of the run for `key` that is under way; else of `body`, which is run. */
  run(key: K, body: () => T | PromiseLike<T>): Promise<T> {
    return unheard(this.#run(key, body));
  }

  async #run(key: K, body: () => T | PromiseLike<T>): Promise<T> {
    checkBody(body, "SingleFlight.run()");
    throwIfEnded({});
    const flight = this.#flights.get(key) ?? this.#begin(key, body);
    flight.passengers++;
    return await new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        release();
        flight.passengers--;
      };
      const cancelled = (reason: unknown): void => {
        hasLeft = true;
        leave();
        if (flight.passengers > 0) return reject(reason);
        this.#land(key, flight);
        const { scope } = flight;
        scope.cancel(abortError("Nobody waits for this run any more"));
        flight.result.then(
          () => reject(reason),
          (error: unknown) => reject(scope.isItsCancellation(error) ? reason : error),
        );
      };
      let hasLeft = false;
      const release = limitWait({}, "SingleFlight.run()", { timedOut: () => {}, cancelled });
      const arrive = (how: () => void): void => {
        if (hasLeft) return;
        leave();
        how();
      };
      flight.result.then(
        (value) => arrive(() => resolve(value as T)),
        (error: unknown) => arrive(() => reject(error)),
      );
    });
  }

  #begin(key: K, body: () => T | PromiseLike<T>): Flight {
    // It belongs to all who wait for it, so to none of their scopes.
    const scope = new Scope({ isShield: true });
    const result = inScope(scope, body);
    const flight: Flight = { scope, result, passengers: 0 };
    this.#flights.set(key, flight);
    const land = (): void => this.#land(key, flight);
    result.then(land, land);
    return flight;
  }

  /** Who asks from now on begins another run. */
  #land(key: K, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
