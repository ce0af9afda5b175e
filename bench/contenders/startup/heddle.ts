/** Heddle: a pool of one, and a function of a module. */
import { fromModule, ThreadPoolExecutor } from "heddle";
import type { OpenOptions } from "../pool.ts";
import type * as Module from "./module.ts";
import type { StartupSubject } from "./subject.ts";

export function open({ settings }: Pick<OpenOptions, "settings">): StartupSubject {
  const { summarise } = fromModule<typeof Module>(new URL(`./module.${settings["form"]}`, import.meta.url));
  let pool: ThreadPoolExecutor | undefined;
  return {
    async first(numbers) {
      pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      return await pool.submit(summarise, numbers);
    },
    close: async () => await pool?.shutdown(),
  };
}
