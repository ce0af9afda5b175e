// As bare-worker.ts, without types.
import { parentPort } from "node:worker_threads";
import { summarise } from "./module.mjs";

parentPort.on("message", (numbers) => parentPort.postMessage(summarise(numbers)));
