/** The client of the server suite, on a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { drive } from "../../examples/server.ts";
import type { Load } from "../../examples/server.ts";

parentPort!.postMessage(await drive(workerData as Load));
