/** Runs one child process, and brings its answer home. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Turn } from "./plan.ts";
import type { Answer, Order } from "./types.ts";

const child = fileURLToPath(new URL("./child.ts", import.meta.url));
const foreign = fileURLToPath(new URL("../contenders/foreign/", import.meta.url));
const classics = fileURLToPath(new URL("../../examples/classics/go/", import.meta.url));

/** A child that takes longer is killed: no case takes half as long. */
const TIMEOUT_MS = 60_000;

/** What became of a turn. */
export type Outcome =
  | { readonly turn: Turn; readonly answer: Answer }
  | { readonly turn: Turn; readonly failure: string };

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The command line of a turn. */
function commandOf(turn: Turn, load: Readonly<Record<string, number>>): Command {
  const { run } = turn.contender;
  if ("program" in run) {
    const order = { case: turn.case.run, way: run.way, workers: turn.workers, load };
    const loads = Object.entries(load).map(([name, value]) => `${name}=${value}`);
    switch (run.program) {
      case "python":
        return { file: "python3", args: [`${foreign}bench.py`, JSON.stringify(order)] };
      case "java":
        return {
          file: "java",
          args: [`${foreign}Bench.java`, turn.case.run, run.way, String(turn.workers), ...loads],
        };
      case "go":
        return {
          file: "go",
          args: ["run", `${classics}${turn.case.run}.go`, `${classics}report.go`, ...loads],
        };
    }
  }
  const order: Order = {
    run: turn.case.run,
    load,
    workers: turn.workers,
    module: run.module,
    options: run.options ?? {},
  };
  return {
    file: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", child, JSON.stringify(order)],
  };
}

/** Runs the turn in a fresh process; a failure is an outcome, not an exception. */
export function runTurn(turn: Turn, load: Readonly<Record<string, number>>): Promise<Outcome> {
  const { file, args } = commandOf(turn, load);
  return new Promise((resolve) => {
    const running = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...turn.contender.environment },
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let out = "";
    let complaint = "";
    let answeredAt = 0;
    running.stdout.setEncoding("utf8").on("data", (text: string) => {
      answeredAt = performance.now();
      out += text;
    });
    running.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    running.on("error", (error) => resolve({ turn, failure: error.message }));
    running.on("close", (code, signal) => {
      const exitMs = performance.now() - answeredAt;
      if (signal !== null)
        return resolve({
          turn,
          failure: `killed by ${signal}${answeredAt > 0 ? " after its answer: it did not end by itself" : ""}`,
        });
      if (code !== 0 || out === "")
        return resolve({
          turn,
          failure: complaintOf(complaint) ?? `ended with status ${code} and no answer`,
        });
      const answer = JSON.parse(out) as Answer;
      return resolve({ turn, answer: { ...answer, metrics: { ...answer.metrics, exit: exitMs } } });
    });
  });
}

/** The line of a stack trace that says what is wrong, or whatever was printed last. */
function complaintOf(text: string): string | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim().slice(0, 300))
    .filter((line) => line !== "");
  return lines.find((line) => /^(?:Warning: |\w*(?:Error|Exception)\b)/u.test(line)) ?? lines.at(-1);
}
