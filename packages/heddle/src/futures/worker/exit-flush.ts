/**
 * Lets what workers have printed get out before the program ends by itself. Node sends that through the thread which has started the
 * worker, and ends without waiting for it where nothing else keeps that thread.
 *
 * ```text
 *        beforeExit                  all have answered, or the time is up
 * idle ──────────────▶ asking ───────────────────────────────────────────▶ idle, if some had something left to print
 *  ▲                                                                     └▶ quiet, else
 *  └──────────────────────────────── beforeExit: the program ends ─────────────┘
 * ```
 *
 * @packageDocumentation
 */
import type { WorkerThread } from "../../workers/index.ts";

/** A worker that does not answer for so long computes, and the program does not wait for that; in milliseconds. */
const LIMIT_MS = 100;

/** Asks a worker to answer when what it has printed is out. */
export const FLUSH = "heddle.flush";
/** The answers: it is by now, or was already. */
const FLUSHED = "heddle.flushed";
const NOTHING_LEFT = "heddle.nothing-left";

const workers = new Set<WorkerThread>();
let isListening = false;
let state: "idle" | "asking" | "quiet" = "idle";
/** Those that have not answered. */
const asked = new Set<WorkerThread>();
let hadMore = false;
let limit: NodeJS.Timeout | undefined;

/** From now on the worker is asked before the program ends. */
export function flushAtExit(worker: WorkerThread): void {
  if (!isListening) process.on("beforeExit", ask);
  isListening = true;
  workers.add(worker);
}

/** The worker has gone. */
export function forgetOutput(worker: WorkerThread): void {
  workers.delete(worker);
  noteAnswer(worker, NOTHING_LEFT);
}

/** Whether a message is an answer. */
export function isAnswer(message: unknown): boolean {
  return message === FLUSHED || message === NOTHING_LEFT;
}

/** A worker has answered. */
export function noteAnswer(worker: WorkerThread, answer: unknown): void {
  if (answer === FLUSHED) hadMore = true;
  if (asked.delete(worker) && asked.size === 0) end();
}

function ask(): void {
  if (state === "quiet" || workers.size === 0) {
    state = "idle";
    return;
  }
  state = "asking";
  hadMore = false;
  limit = setTimeout(end, LIMIT_MS);
  for (const worker of workers) {
    asked.add(worker);
    worker.post(FLUSH);
  }
}

function end(): void {
  clearTimeout(limit);
  asked.clear();
  state = hadMore ? "idle" : "quiet";
}

/** In a worker: waits until what it has printed is out. Gives the answer. */
export async function flushOutput(): Promise<string> {
  const pending = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0);
  await Promise.all(
    pending.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
  return pending.length > 0 ? FLUSHED : NOTHING_LEFT;
}
