/**
 * A server of images that never existed, each of them the same at every visit; slow, and now and then out of order.
 */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";

export interface ImageServerOptions {
  /** Before each answer. */
  latencyMs: number;
  /** Every so many requests one fails with status 503; 0 for never. */
  failEvery: number;
}

export interface ImageServer {
  /** Where image `n` is. */
  urlOf(n: number): string;
  /** Requests so far. */
  readonly requests: number;
  close(): Promise<void>;
}

const SMALLEST_BYTES = 2_000;
const SPREAD_BYTES = 30_000;

/** The bytes of an image: no picture, but a file of its own for each number. */
export function imageBytes(n: number): Buffer {
  const bytes = Buffer.alloc(SMALLEST_BYTES + ((n * 7_919) % SPREAD_BYTES));
  let state = n + 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Starts a server on this machine. Images come in two halves, so that a download can be cancelled in its middle. */
export async function startImageServer({ latencyMs, failEvery }: ImageServerOptions): Promise<ImageServer> {
  let requests = 0;
  const server: Server = createServer((request, response) => {
    requests++;
    const fails = failEvery > 0 && requests % failEvery === 0;
    void (async () => {
      await after(latencyMs);
      if (fails) {
        response.writeHead(503).end();
        return;
      }
      const bytes = imageBytes(Number(request.url!.slice(1)));
      const half = bytes.length >> 1;
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, half));
      await after(latencyMs / 10);
      response.end(bytes.subarray(half));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (n) => `http://127.0.0.1:${port}/${n}`,
    get requests() {
      return requests;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
