/**
 * The workers of a pool: started when there is work for them, replaced when they end.
 *
 * @packageDocumentation
 */
import type { ResourceLimits } from "node:worker_threads";
import { OUTSIDE, runIn } from "../../scopes/index.ts";
import type { ThreadEnd, WorkerThread } from "../../workers/index.ts";
import type { BoardLocation } from "../board/board.ts";
import type { WorkerEnd } from "../errors.ts";
import type { Parcel, ParcelPort } from "../board/parcels.ts";
import type { Recruit } from "./recruits.ts";
import { outputOf, type TaskOutput } from "../worker/task-output.ts";
import { ASK, ANSWER, HEAR, LEAVE, LEFT, READY, RETIRES } from "../worker/worker-entry.ts";

/** After so many workers that ended before they were ready, no more are started. */
const MAX_FAILED_STARTS = 3;

export interface CrewOptions {
  name: string;
  maxWorkers: number;
  concurrency: number;
  maxTasks: number;
  maxMemoryBytes: number;
  initialize: boolean;
  onOutput: ((output: TaskOutput) => void) | undefined;
  resourceLimits: ResourceLimits | undefined;
  /** Starts a worker. */
  recruit: Recruit;
}

/** Whom the crew tells what happens to workers. */
export interface CrewOwner {
  /** A worker was started. */
  workerStarted(worker: number): void;
  /** It begins to look for work. */
  workerReady(worker: number): void;
  /** A worker takes no more work, and goes when it has done what it has. */
  workerRetires(): void;
  /** A worker runs no more. What it has posted can still be received. */
  workerEnding(worker: number): void;
  /** A worker is gone: `left`, as it was let go. What it had claimed will not be finished. */
  workerEnded(worker: number, end: WorkerEnd, left: boolean): void;
  /** Workers cannot be started: no call will ever run. */
  broken(end: WorkerEnd): void;
}

interface Member {
  name: string;
  thread: WorkerThread;
  parcels: ParcelPort;
  ready: boolean;
  /** It takes no more work, and goes when it has done what it has. */
  leaving: boolean;
  /** It is not leaving, nor was it told to end. Else another may take its place. */
  counted: boolean;
  /** The name of the one whose place it took. */
  replaces: string | undefined;
  /** Its event loop has turned since it was last asked. */
  hasAnswered: boolean;
  /** Nothing runs in it any more. */
  ended: boolean;
}

const NO_ITEMS: readonly unknown[] = [];

export class Crew {
  readonly #options: CrewOptions;
  readonly #board: BoardLocation;
  readonly #owner: CrewOwner;
  readonly #members: (Member | undefined)[] = [];
  /** Of the workers, or of those that had their numbers last. */
  readonly #names: string[] = [];
  /** Threads that are ending, and that a shutdown waits for. */
  readonly #leaving = new Set<Promise<void>>();
  /** Names of workers that are not counted any more, are not gone, and were not replaced. */
  #vacant: string[] = [];
  #started = 0;
  #size = 0;
  #failedStarts = 0;
  #stopped = false;

  constructor(options: CrewOptions, board: BoardLocation, owner: CrewOwner) {
    this.#options = options;
    this.#board = board;
    this.#owner = owner;
  }

  /** How many workers there are that take work. */
  get size(): number {
    return this.#size;
  }

  /** No worker has this number, or a greater one. */
  get places(): number {
    return this.#members.length;
  }

  /** The numbers of the workers that take work. */
  *[Symbol.iterator](): Iterator<number> {
    for (const worker of this.#members.keys()) if (this.takesWork(worker)) yield worker;
  }

  nameOf(worker: number): string {
    return this.#names[worker] ?? `${this.#options.name}-${worker + 1}`;
  }

  has(worker: number): boolean {
    return this.#members[worker]?.ended === false;
  }

  /** Whether there is such a worker, and it is not about to leave. */
  takesWork(worker: number): boolean {
    const member = this.#members[worker];
    return member !== undefined && member.counted && !member.ended;
  }

  /** Whether a worker has begun to look for work. */
  isReady(worker: number): boolean {
    return this.takesWork(worker) && this.#members[worker]!.ready;
  }

  /** The worker that was started for one that takes no more work; -1 if none was. */
  successorOf(name: string): number {
    return this.#members.findIndex((member) => member?.replaces === name);
  }

  /** Starts workers until there are `count`, or as many as the pool may have. */
  ensure(count: number): void {
    const wanted = Math.min(count, this.#options.maxWorkers);
    for (let worker = 0; this.#size < wanted && worker < this.#board.capacity && !this.#stopped; worker++) {
      // Neither it nor what is heard of it belongs to what the code does whose call has it started.
      if (this.#members[worker] === undefined) runIn(OUTSIDE, () => this.#start(worker));
    }
  }

  /** Starts the successor of a worker that takes no more work, if there is none and may be one. */
  succeed(name: string): void {
    if (this.successorOf(name) >= 0) return;
    this.#vacant = [...this.#vacant.filter((other) => other !== name), name];
    this.ensure(this.#size + 1);
  }

  /** Lets a worker go when it has done what it has. From now on nothing may be given to it. */
  retire(worker: number): void {
    const member = this.#members[worker]!;
    member.leaving = true;
    this.#discount(member);
    member.thread.post(LEAVE);
  }

  /** Has a worker look which of its calls were asked to stop. */
  tellToHear(worker: number): void {
    if (this.has(worker)) this.#members[worker]!.thread.post(HEAR);
  }

  /** Asks a worker whether its event loop turns. */
  ask(worker: number): void {
    const member = this.#members[worker];
    if (member === undefined) return;
    member.hasAnswered = false;
    member.thread.post(ASK);
  }

  /** Whether it has answered since. */
  hasAnswered(worker: number): boolean {
    return this.#members[worker]?.hasAnswered === true;
  }

  /** Ends a worker, whatever it does. */
  end(worker: number, cause: unknown): void {
    const member = this.#members[worker];
    if (member === undefined) return;
    this.#discount(member);
    this.#leave(member.thread.terminate(cause));
  }

  /** Starts no more workers. */
  close(): void {
    this.#stopped = true;
  }

  /** Lets all workers go. Resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const member of this.#members) if (member !== undefined) this.#leave(member.thread.stop());
    while (this.#leaving.size > 0) await Promise.all(this.#leaving);
  }

  /** Posts side items to a worker, for a call that only it may run. Moves what is in the transfer list. Gives their number. */
  post(worker: number, { items, transferList }: Parcel): number {
    return this.#members[worker]!.parcels.post(items, transferList);
  }

  /** The side items that a worker posted with a result. */
  receive(worker: number, number: number): readonly unknown[] {
    return this.#members[worker]?.parcels.receive(number) ?? NO_ITEMS;
  }

  #start(worker: number): void {
    const { recruit, concurrency, maxTasks, maxMemoryBytes, initialize, resourceLimits } = this.#options;
    const name = `${this.#options.name}-${++this.#started}`;
    const { thread, parcels } = recruit({
      name,
      duties: {
        board: this.#board,
        worker,
        concurrency,
        maxTasks,
        maxMemoryBytes,
        initialize,
        postsOutput: this.#options.onOutput !== undefined,
      },
      resourceLimits,
      onMessage: (message) => this.#heard(worker, message),
      onEnd: (end) => this.#ended(worker, end),
    });
    const member: Member = {
      name,
      thread,
      parcels,
      ready: false,
      leaving: false,
      counted: true,
      replaces: this.#vacant.pop(),
      hasAnswered: false,
      ended: false,
    };
    this.#members[worker] = member;
    this.#names[worker] = member.name;
    this.#size++;
    this.#owner.workerStarted(worker);
  }

  #heard(worker: number, message: unknown): void {
    if (message === READY) this.#ready(worker);
    else if (message === RETIRES) this.#retires(worker);
    else if (message === ANSWER) this.#members[worker]!.hasAnswered = true;
    else if (message === LEFT) this.#leave(this.#members[worker]!.thread.stop());
    else if (this.#options.onOutput !== undefined) this.#heardOutput(worker, message);
  }

  #heardOutput(worker: number, message: unknown): void {
    const output = outputOf(message, this.nameOf(worker));
    if (output !== undefined) this.#options.onOutput!(output);
  }

  #retires(worker: number): void {
    if (this.takesWork(worker)) this.retire(worker);
    this.#owner.workerRetires();
  }

  #ready(worker: number): void {
    const member = this.#members[worker]!;
    member.ready = true;
    this.#failedStarts = 0;
    this.#owner.workerReady(worker);
  }

  #ended(worker: number, end: ThreadEnd): void {
    const member = this.#members[worker]!;
    member.ended = true;
    this.#owner.workerEnding(worker);
    this.#members[worker] = undefined;
    this.#discount(member);
    if (!member.ready && !this.#stopped && ++this.#failedStarts >= MAX_FAILED_STARTS) {
      this.#stopped = true;
      this.#owner.broken({ worker: member.name, ...end });
    }
    this.#owner.workerEnded(worker, { worker: member.name, ...end }, member.leaving);
    this.#vacant = this.#vacant.filter((name) => name !== member.name);
    member.parcels.close();
  }

  #discount(member: Member): void {
    if (!member.counted) return;
    member.counted = false;
    this.#size--;
    this.#vacant.push(member.name);
  }

  #leave(gone: Promise<void>): void {
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }
}
