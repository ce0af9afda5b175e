/** async-csp: channels of promises, within one thread. It takes 0 for no buffer by being given none. */
import asyncCsp from "async-csp";
import type { QueueSubject } from "./subject.ts";

export async function open(): Promise<QueueSubject> {
  return {
    pass: async (times, capacity) => {
      const channel =
        capacity === 0 ? new asyncCsp.Channel<number>() : new asyncCsp.Channel<number>(capacity);
      let sum = 0;
      const consume = async (): Promise<void> => {
        for (let index = 0; index < times; index++) sum += await channel.take();
      };
      const consumer = consume();
      for (let index = 0; index < times; index++) await channel.put(index);
      await consumer;
      return sum;
    },
    close: async () => {},
  };
}
