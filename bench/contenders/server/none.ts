/** No pool: the server's own thread computes. */
import { countPrimes } from "../../../examples/server.ts";
import type { ServerSubject } from "./subject.ts";

export async function open(): Promise<ServerSubject> {
  return { compute: countPrimes, close: async () => {} };
}
