/** Effect's Queue, within one thread: two fibers of one program; `offerUnsafe` and `takeUnsafe` for what does not wait. */
import * as Effect from "effect/Effect";
import * as Exit from "effect/Exit";
import * as Fiber from "effect/Fiber";
import * as Queue from "effect/Queue";
import type { QueueSubject } from "./subject.ts";

const make = (capacity: number): Effect.Effect<Queue.Queue<number>> =>
  capacity === Infinity ? Queue.unbounded<number>() : Queue.bounded<number>(capacity);

export async function open(): Promise<QueueSubject> {
  return {
    pass: (times, capacity) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const queue = yield* make(capacity);
          const take = Queue.take(queue);
          let sum = 0;
          const consumer = yield* Effect.forkChild(
            Effect.gen(function* () {
              for (let index = 0; index < times; index++) sum += yield* take;
            }),
          );
          for (let index = 0; index < times; index++) yield* Queue.offer(queue, index);
          yield* Fiber.join(consumer);
          return sum;
        }),
      ),
    tryPass: (times, capacity) => {
      const queue = Effect.runSync(make(capacity));
      let sum = 0;
      for (let index = 0; index < times;) {
        const start = index;
        while (index < times && index - start < capacity && Queue.offerUnsafe(queue, index)) index++;
        for (let left = index - start; left > 0; left--) {
          const exit = Queue.takeUnsafe(queue);
          if (exit !== undefined && Exit.isSuccess(exit)) sum += exit.value;
        }
      }
      return sum;
    },
    close: async () => {},
  };
}
