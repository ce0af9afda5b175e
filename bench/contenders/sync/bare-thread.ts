/** A thread of the bare contender. */
import { serveCalls } from "../bare-threads.ts";
import { contend, follow, lead } from "../loops.ts";
import type { Contest, Latencies, Relay, Share } from "../loops.ts";

const FREE = 0;
const HELD = 1;
const HELD_AND_WAITED_FOR = 2;

/** Whose turn it is: each side waits on a word of its own, in a cache line of its own. */
const THERE = 0;
const BACK = 32;

/** Says to whoever waits on a word that its turn has come. */
function handOver(words: Int32Array, word: number): void {
  Atomics.store(words, word, 1);
  Atomics.notify(words, word, 1);
}

/** Takes a turn: waits until there is one. */
function waitTurn(words: Int32Array, word: number): void {
  while (Atomics.exchange(words, word, 0) === 0) Atomics.wait(words, word, 0);
}

async function waitTurnAsync(words: Int32Array, word: number): Promise<void> {
  while (Atomics.exchange(words, word, 0) === 0) {
    const outcome = Atomics.waitAsync(words, word, 0);
    if (outcome.async) await outcome.value;
  }
}

serveCalls({
  contend: (lock: SharedArrayBuffer, shared: SharedArrayBuffer, contest: Contest): Promise<Share> => {
    const words = new Int32Array(lock);
    return contend(shared, contest, (times, body, between) => {
      for (let index = 0; index < times; index++) {
        if (Atomics.compareExchange(words, 0, FREE, HELD) !== FREE)
          while (Atomics.exchange(words, 0, HELD_AND_WAITED_FOR) !== FREE)
            Atomics.wait(words, 0, HELD_AND_WAITED_FOR);
        body();
        if (Atomics.exchange(words, 0, FREE) === HELD_AND_WAITED_FOR) Atomics.notify(words, 0, 1);
        between();
      }
    });
  },
  lead: (turns: SharedArrayBuffer, shared: SharedArrayBuffer, relay: Relay): Promise<Latencies> => {
    const words = new Int32Array(turns);
    return lead(
      shared,
      relay,
      () => handOver(words, THERE),
      () => waitTurn(words, BACK),
    );
  },
  follow: (turns: SharedArrayBuffer, shared: SharedArrayBuffer, relay: Relay): Promise<Latencies> => {
    const words = new Int32Array(turns);
    return follow(
      shared,
      relay,
      () => handOver(words, BACK),
      () => waitTurn(words, THERE),
    );
  },
  leadAsync: (turns: SharedArrayBuffer, shared: SharedArrayBuffer, relay: Relay): Promise<Latencies> => {
    const words = new Int32Array(turns);
    return lead(
      shared,
      relay,
      () => handOver(words, THERE),
      () => waitTurnAsync(words, BACK),
    );
  },
  followAsync: (turns: SharedArrayBuffer, shared: SharedArrayBuffer, relay: Relay): Promise<Latencies> => {
    const words = new Int32Array(turns);
    return follow(
      shared,
      relay,
      () => handOver(words, BACK),
      () => waitTurnAsync(words, THERE),
    );
  },
});
