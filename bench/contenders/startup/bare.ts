/** Bare `worker_threads`: a worker file, and one message there and back. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { OpenOptions } from "../pool.ts";
import type { Summary } from "./module.ts";
import type { StartupSubject } from "./subject.ts";

export function open({ settings }: Pick<OpenOptions, "settings">): StartupSubject {
  let worker: Worker | undefined;
  return {
    async first(numbers) {
      worker = new Worker(new URL(`./bare-worker.${settings["form"]}`, import.meta.url));
      worker.postMessage(numbers);
      const [summary] = (await once(worker, "message")) as [Summary];
      return summary;
    },
    close: async () => await worker?.terminate(),
  };
}
