/** Heddle: the function as it is; a request whose client has gone is not computed. */
import { ThreadPoolExecutor } from "heddle";
import { countPrimes } from "../../../examples/server.ts";
import type { OpenOptions } from "../pool.ts";
import type { ServerSubject } from "./subject.ts";

export async function open({ workers }: OpenOptions): Promise<ServerSubject> {
  const pool = new ThreadPoolExecutor({ minWorkers: workers, maxWorkers: workers });
  return {
    compute: (below, signal) => pool.with({ signal }).submit(countPrimes, below),
    close: () => pool.shutdown(),
  };
}
