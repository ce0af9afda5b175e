/**
 * Processes that are killed at each step of each thing that one can do in a shared heap: what they leave behind is in order.
 *
 * Of each scene one process dies before the first step, another one before the second, and so on, until one lives to do all. A test
 * run plays one in so many, by the seed; `npm run soak -- steps` plays them all, some 26,000.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { SharedHeap } from "#heap";
import { heapFor } from "../heap/fixtures/processes.ts";
import { soon, type Victim } from "./fixtures/doomed/scene.ts";
import { scenes } from "./fixtures/doomed/scenes.ts";
import { numbersFrom } from "./fixtures/victim.ts";

/** One in so many steps is played. */
const STRIDE = Number(process.env["HEDDLE_STRIDE"] ?? 64);
const SEED = Number(process.env["HEDDLE_SEED"] ?? 1);
const SIGKILL = 9;

const DOOMED = fileURLToPath(new URL("fixtures/doomed/doomed.ts", import.meta.url));

/** No life takes so long, unless it waits for ever. */
const LONGEST_MS = 30_000;

/** Starts what is forked for each life. */
class Forks {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    // What other threads hold when one forks, nobody ever gives back.
    const options = ["--single-threaded", "--v8-pool-size=0", ...process.execArgv];
    this.#child = spawn(process.execPath, [...options, DOOMED], {
      stdio: ["pipe", "pipe", "inherit"],
      // So that it and what it forks can be ended together.
      detached: true,
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** One life, until the step with a number. Gives in how many steps it did all, if it lived so long. */
  async play(index: number, heap: string, id: string, last: number): Promise<number | undefined> {
    this.#child.stdin!.write(`${JSON.stringify([index, heap, id, last])}\n`);
    let where = "";
    const timer = setTimeout(() => {
      where = this.#whereabouts();
      this.end();
    }, LONGEST_MS);
    let steps: number | undefined;
    for (;;) {
      const { value = "", done } = await this.#lines.next();
      assert.ok(done !== true, `it lives after ${LONGEST_MS} ms${where}`);
      const [, what, number] = /^(did all in|ended by) (\d+)$/.exec(value) ?? assert.fail(`it says ${value}`);
      if (what === "did all in") steps = Number(number);
      else {
        clearTimeout(timer);
        assert.equal(Number(number), SIGKILL);
        return steps;
      }
    }
  }

  /** In which call of the system it is that should have died. */
  #whereabouts(): string {
    const { pid } = this.#child;
    try {
      const child = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      return `, in ${readFileSync(`/proc/${child}/syscall`, "utf8").trim()}`;
    } catch {
      return "";
    }
  }

  end(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      process.kill(-this.#child.pid!, "SIGKILL");
  }
}

/** One of them. */
class Life implements Victim {
  isOver = false;
  /** In how many steps it did all, if it lived so long. */
  steps: number | undefined;
  readonly died: Promise<boolean>;
  readonly #heap: SharedHeap;

  constructor(heap: SharedHeap, playing: Promise<number | undefined>) {
    this.#heap = heap;
    this.died = this.#die(playing);
  }

  get ended(): Promise<boolean> {
    return this.#end();
  }

  async #die(playing: Promise<number | undefined>): Promise<boolean> {
    this.steps = await playing;
    this.isOver = true;
    return this.steps !== undefined;
  }

  async #end(): Promise<boolean> {
    const heap = this.#heap;
    const isDone = await this.died;
    // The kernel tells of it, and those who live on see to it at once.
    await soon(() => [...heap.seats].every((seat) => !heap.hasDied(seat)), "its end is settled");
    return isDone;
  }
}

const random = numbersFrom(SEED);

describe("a process that is killed at a step leaves everything in order: it", () => {
  let forks = new Forks();
  after(() => forks.end());

  /** Plays a scene up to a step. Gives how many it has, once somebody has lived to do all. */
  const play = async (heap: SharedHeap, index: number, step: number): Promise<number | undefined> => {
    const { name, make, survive } = scenes[index]!;
    const objects = make((object) => ({ heap, name: `${step} ${object}` }));
    let life: Life | undefined;
    try {
      await survive(objects, () => (life = new Life(heap, forks.play(index, heap.name, String(step), step))));
      return life?.steps;
    } catch (error) {
      forks.end();
      forks = new Forks();
      throw new Error(`Step ${step} of: ${name}`, { cause: error });
    }
  };

  for (const [index, { name }] of scenes.entries()) {
    test(name, async (context) => {
      const heap = heapFor(context, 2 ** 26);
      let steps: number | undefined;
      for (let step = 1 + Math.floor(STRIDE * random()); steps === undefined; step += STRIDE) {
        steps = await play(heap, index, step);
      }
      context.diagnostic(`${steps} steps`);
    });
  }
});
