/**
 * A web server that stays quick while it computes.
 *
 *     node examples/server.ts [milliseconds to measure for]
 *
 * `/` answers at once. `/primes` computes for about 50 ms: first on the server's own thread, then on a thread of a pool.
 * A client on another thread asks for `/` every two milliseconds and measures how long the answers take, once with nothing
 * else to do, and once while four others ask for `/primes` again and again. The program prints what it measured, and ends.
 */
import { once } from "node:events";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { cpuCount, QueueFullError, ThreadPoolExecutor } from "heddle";

/** How many primes there are below a number: by trial division, to have something to do. */
export function countPrimes(below: number): number {
  let count = 0;
  for (let n = 2; n < below; n++) {
    let isPrime = true;
    for (let divisor = 2; isPrime && divisor * divisor <= n; divisor++) isPrime = n % divisor !== 0;
    if (isPrime) count++;
  }
  return count;
}

/** Where `/primes` is computed. The signal aborts when nobody waits for the answer any more. */
export type Compute = (below: number, signal: AbortSignal) => number | PromiseLike<number>;

/** A server that listens on a port that was free. */
export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a server that computes there. */
export async function serve(compute: Compute): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    if (pathname !== "/primes") {
      response.end("Hello\n");
      return;
    }
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answer = async (): Promise<void> => {
      try {
        response.end(String(await compute(Number(searchParams.get("below")), gone.signal)));
      } catch (error) {
        response.statusCode = error instanceof QueueFullError ? 503 : 500;
        response.end(String(error));
      }
    };
    void answer();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What a client asks for. */
export interface Load {
  readonly port: number;
  readonly forMs: number;
  /** How many others ask for `/primes` all the time, */
  readonly busy: number;
  /** below this number. */
  readonly below: number;
}

/** What it saw: milliseconds until an answer to `/` was there. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  /** How many answers to `/primes` there were, all of them the same number of primes. */
  readonly computed: number;
  readonly primes: number | undefined;
}

/** Asks for `/` every two milliseconds, whether or not the last answer is there. */
export async function drive({ port, forMs, busy, below }: Load): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true });
  const ask = async (path: string): Promise<string> => {
    const [response] = await once(get({ host: "127.0.0.1", port, path, agent }), "response");
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    if (response.statusCode !== 200)
      throw new Error(`Cannot measure: ${path} gave ${response.statusCode}: ${text}`);
    return text;
  };

  const until = performance.now() + forMs;
  const answers: string[] = [];
  const compute = async (): Promise<void> => {
    do answers.push(await ask(`/primes?below=${below}`));
    while (performance.now() < until);
  };
  const samples: number[] = [];
  const greet = async (): Promise<void> => {
    const start = performance.now();
    await ask("/");
    samples.push(performance.now() - start);
  };
  const pending: Promise<void>[] = Array.from({ length: busy }, compute);
  let next = performance.now();
  do {
    const pause = next - performance.now();
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    pending.push(greet());
    next += 2;
  } while (next < until);
  await Promise.all(pending);
  agent.destroy();

  samples.sort((a, b) => a - b);
  if (new Set(answers).size > 1) throw new Error(`Cannot measure: the answers differ: ${answers.join(", ")}`);
  return {
    count: samples.length,
    p50: samples[Math.floor(samples.length * 0.5)]!,
    p99: samples[Math.floor(samples.length * 0.99)]!,
    computed: answers.length,
    primes: answers.length > 0 ? Number(answers[0]) : undefined,
  };
}

/** A number below which it takes about so long to count the primes here. */
export function belowFor(milliseconds: number): number {
  let below = 10_000;
  for (;;) {
    countPrimes(below);
    const start = performance.now();
    countPrimes(below);
    if (performance.now() - start >= milliseconds) return below;
    below *= 1.1;
  }
}

/** Measures a server, alone and busy, and prints what came out. */
async function demonstrate(
  where: string,
  compute: Compute,
  client: ThreadPoolExecutor,
  forMs: number,
): Promise<void> {
  const server = await serve(compute);
  const load = { port: server.port, forMs, below: belowFor(50) };
  await client.submit(drive, { ...load, forMs: forMs / 4, busy: 4 });
  const alone = await client.submit(drive, { ...load, busy: 0 });
  const busy = await client.submit(drive, { ...load, busy: 4 });
  await server.close();
  const times = (busy.p99 / alone.p99).toFixed(1);
  console.log(`Primes computed ${where}:`);
  console.log(
    `  alone: 99 of 100 answers within ${alone.p99.toFixed(1)} ms, half of them within ${alone.p50.toFixed(1)} ms`,
  );
  console.log(
    `  busy:  99 of 100 answers within ${busy.p99.toFixed(1)} ms, ${times} times as long, beside ${busy.computed} × 50 ms of work`,
  );
}

if (import.meta.main) {
  const forMs = Number(process.argv[2] ?? 2_000);
  await using client = new ThreadPoolExecutor({ maxWorkers: 1, name: "client" });
  // A thread for the server's own loop, and the others for the pool: it has no core to itself otherwise.
  await using pool = new ThreadPoolExecutor({ maxWorkers: Math.max(1, cpuCount() - 1), maxQueued: 1_000 });
  await demonstrate("on the server's thread", countPrimes, client, forMs);
  // A request whose client has gone is not computed, or its thread is told.
  await demonstrate(
    "on a pool",
    (below, signal) => pool.with({ signal }).submit(countPrimes, below),
    client,
    forMs,
  );
}
