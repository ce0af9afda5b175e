/** What every contender must be able to do; each module here says it in its library's own best way. */
import type { PoolSettings } from "../harness/types.ts";
import type { SampleRecord } from "../work.ts";

/** The functions of a map, by name: peers look them up in their worker file. */
export type MapName = "increment" | "factorise" | "largestFactor" | "echo" | "factorial";

/** What a task carries there and back: nothing, 1 KB or 1 MB. */
export type Payload = SampleRecord | ArrayBuffer | undefined;

/** One contender's running workers. A method that a library cannot offer throws {@link CannotError}. */
export interface BenchPool {
  add(a: number, b: number): PromiseLike<number>;
  echo(record: SampleRecord): PromiseLike<SampleRecord>;
  /** Sends a copy of the buffer there; its length comes back. */
  send(buffer: ArrayBuffer): PromiseLike<number>;
  /** Sends a copy there and a copy of it back. */
  copy(buffer: ArrayBuffer): PromiseLike<ArrayBuffer>;
  /** Moves the buffer there and back. */
  move(buffer: ArrayBuffer): PromiseLike<ArrayBuffer>;
  burn(iterations: number): PromiseLike<number>;
  /** A task of so many rounds, with what goes there and comes back by copy; without it the answer is a number. */
  job(steps: number, payload: Payload): PromiseLike<unknown>;
  turn(value: number): PromiseLike<number>;
  startTicking(shared: SharedArrayBuffer, everyMs: number, ticks: number): PromiseLike<number>;
  /** All results, in the order of the items. */
  map(name: MapName, items: readonly number[]): Promise<unknown[]>;
  /** In place of them their sum: a floor, which has no results to give. */
  sumOfMap?(name: MapName, items: readonly number[]): Promise<number>;
  close(): Promise<void>;
}

/** How a contender is opened. */
export interface OpenOptions {
  readonly workers: number;
  /** How many tasks a worker should have under way at once, when the case is about tasks that wait; else 1. */
  readonly concurrency: number;
  readonly settings: PoolSettings;
}

/** A contender has no way to do this. */
export class CannotError extends Error {
  override readonly name = "CannotError";
}

/** Cuts the items into chunks of `size`, hands each to `send`, and joins the answers. */
export async function mapByChunks(
  items: readonly number[],
  size: number,
  send: (chunk: number[]) => PromiseLike<unknown[]>,
): Promise<unknown[]> {
  const answers: PromiseLike<unknown[]>[] = [];
  for (let start = 0; start < items.length; start += size)
    answers.push(send(items.slice(start, start + size)));
  return (await Promise.all(answers)).flat();
}

/** One task for every item, all submitted at once. */
export async function mapOneByOne(
  items: readonly number[],
  send: (item: number) => PromiseLike<unknown>,
): Promise<unknown[]> {
  return Promise.all(items.map((item) => send(item)));
}

/** A setting that must be a number. */
export function numberSetting(settings: PoolSettings, name: string): number {
  const value = settings[name];
  if (typeof value !== "number")
    throw new TypeError(`Cannot open the contender: its setting ${name} is ${typeof value}, not a number`);
  return value;
}
