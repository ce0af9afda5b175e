/** piscina: a worker file; a request whose client has gone is not computed. */
import { Piscina } from "piscina";
import type { OpenOptions } from "../pool.ts";
import type { ServerSubject } from "./subject.ts";

const filename = new URL("../workers/server-piscina.mjs", import.meta.url).href;

export async function open({ workers }: OpenOptions): Promise<ServerSubject> {
  const pool = new Piscina({ filename, minThreads: workers, maxThreads: workers, recordTiming: false });
  return {
    compute: (below, signal) => pool.run(below, { signal }) as Promise<number>,
    close: () => pool.destroy(),
  };
}
