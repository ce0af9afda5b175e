/**
 * Effect's Semaphore of one permit, within one thread: it has no mutex. One program runs all the times, in one fiber, as
 * its effects are made to be composed; to start a program for each would cost far more.
 */
import * as Effect from "effect/Effect";
import * as Semaphore from "effect/Semaphore";
import type { OpenOptions } from "../pool.ts";
import type { SyncSubject } from "./subject.ts";

export async function open({ settings }: OpenOptions): Promise<SyncSubject> {
  const semaphore = Semaphore.makeUnsafe(1);
  let count = 0;
  const add = Effect.sync(() => {
    count++;
  });
  const within = Semaphore.withPermit(semaphore, add);
  const withinIfFree = semaphore.withPermitsIfAvailable(1)(add);
  const take = semaphore.take(1);
  const takeIfFree = semaphore.takeIfAvailable(1);
  const release = semaphore.release(1);

  /** Runs one effect so many times. */
  const repeat = (effect: Effect.Effect<unknown>, times: number): Promise<number> => {
    count = 0;
    return Effect.runPromise(
      Effect.gen(function* () {
        for (let index = 0; index < times; index++) yield* effect;
        return count;
      }),
    );
  };
  const byTake = (times: number): Promise<number> =>
    Effect.runPromise(
      Effect.gen(function* () {
        let taken = 0;
        for (let index = 0; index < times; index++) {
          yield* take;
          taken++;
          yield* release;
        }
        return taken;
      }),
    );
  const byTakeIfFree = (times: number): Promise<number> =>
    Effect.runPromise(
      Effect.gen(function* () {
        let taken = 0;
        for (let index = 0; index < times; index++) {
          if (yield* takeIfFree) taken++;
          yield* release;
        }
        return taken;
      }),
    );

  const byHand = settings["way"] === "take";
  return {
    enter: byHand ? byTake : (times) => repeat(within, times),
    tryEnter: byHand ? byTakeIfFree : (times) => repeat(withinIfFree, times),
    close: async () => {},
  };
}
