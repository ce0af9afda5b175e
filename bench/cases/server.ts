/**
 * Does a server stay quick while it computes?
 *
 * Unit: milliseconds until a client on another thread has the answer to a request that costs nothing, of which one comes
 * every 2 ms; alone, and while others have 50 ms of computing each. Says nothing about how many requests a server can bear.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Latencies, Load } from "../../examples/server.ts";
import { countPrimes, serve } from "../../examples/server.ts";
import type { ServerSubject } from "../contenders/server/subject.ts";
import { expectEqual } from "./context.ts";
import type { CaseRun } from "./context.ts";

async function measured(load: Load): Promise<Latencies> {
  const client = new Worker(new URL("./server-client.ts", import.meta.url), { workerData: load });
  const [latencies] = (await once(client, "message")) as [Latencies];
  return latencies;
}

export const quickRoute: CaseRun<ServerSubject> = async (context) => {
  const subject = await context.open();
  const server = await serve(subject.compute);
  const [busy, below] = [context.load("busy"), context.load("below")];
  const load = { port: server.port, forMs: context.load("forMs"), busy: 0, below };
  await measured({ ...load, forMs: context.load("warmUpMs"), busy });
  const alone = await measured(load);
  const loaded = await measured({ ...load, busy });
  expectEqual(loaded.primes, countPrimes(below), "the number of primes");
  await server.close();
  await subject.close();
  return {
    metrics: {
      times: loaded.p99 / alone.p99,
      busy: loaded.p99,
      alone: alone.p99,
      computed: loaded.computed / (load.forMs / 1000),
    },
    checks: {},
  };
};
