/** What a careful engineer's first worker is, in TypeScript. */
import { parentPort } from "node:worker_threads";
import { summarise, type Summary } from "./module.ts";

parentPort!.on("message", (numbers: readonly number[]): void => {
  const summary: Summary = summarise(numbers);
  parentPort!.postMessage(summary);
});
