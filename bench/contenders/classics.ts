/** Heddle on the classic programs: all tasks in one thread; tasks over two threads; or a thread for each that blocks. */
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor } from "heddle";
import { boundedBuffer, boundedBufferBlocking } from "../../examples/classics/bounded-buffer.ts";
import {
  diningPhilosophers,
  diningPhilosophersBlocking,
} from "../../examples/classics/dining-philosophers.ts";
import { pingPong, pingPongBlocking } from "../../examples/classics/ping-pong.ts";
import { primeSieve } from "../../examples/classics/prime-sieve.ts";
import { sleepingBarber } from "../../examples/classics/sleeping-barber.ts";
import { threadRing } from "../../examples/classics/thread-ring.ts";
import { CannotError } from "./pool.ts";
import type { OpenOptions } from "./pool.ts";

/** One way to run the programs. */
export interface ClassicsSubject {
  /** Runs a program at a size; gives what came out. */
  play(name: string, size: number): Promise<number>;
  close(): Promise<void>;
}

/** The programs whose parties wait. */
const waiting: Readonly<Record<string, (executor: Executor, size: number) => Promise<number>>> = {
  "ping-pong": pingPong,
  "thread-ring": threadRing,
  "bounded-buffer": boundedBuffer,
  "dining-philosophers": diningPhilosophers,
  "sleeping-barber": sleepingBarber,
  "prime-sieve": async (executor, below) => (await primeSieve(executor, below)).length,
};

/** The programs whose parties can block. */
const blocking: Readonly<Record<string, (threads: ThreadPoolExecutor, size: number) => Promise<number>>> = {
  "ping-pong": pingPongBlocking,
  "bounded-buffer": boundedBufferBlocking,
  "dining-philosophers": diningPhilosophersBlocking,
};

/** As many as the program with the most parties that block. */
const BLOCKING_THREADS = 5;

export async function open({ settings }: OpenOptions): Promise<ClassicsSubject> {
  if (settings["way"] === "blocking") {
    const threads = new ThreadPoolExecutor({ minWorkers: BLOCKING_THREADS, maxWorkers: BLOCKING_THREADS });
    return {
      play: (name, size) => {
        const program = blocking[name];
        if (program === undefined) throw new CannotError(`${name} has no parties that block`);
        return program(threads, size);
      },
      close: () => threads.shutdown(),
    };
  }
  const executor =
    settings["way"] === "threads"
      ? new ThreadPoolExecutor({ minWorkers: 2, maxWorkers: 2, concurrencyPerWorker: Infinity })
      : new InlineExecutor();
  return {
    play: (name, size) => waiting[name]!(executor, size),
    close: () => executor.shutdown(),
  };
}
