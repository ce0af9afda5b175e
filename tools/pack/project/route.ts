/** A route handler in the form of Next.js, on a pool that the module keeps; and a server around it, for one request. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { ThreadPoolExecutor } from "heddle";

const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
const greeting = "hello";

export async function POST(request: Request): Promise<Response> {
  const { name } = (await request.json()) as { name: string };
  return Response.json(await pool.submit(() => ({ text: `${greeting}, ${name}` })));
}

const server = createServer((incoming, outgoing) => {
  const request = new Request(`http://localhost${incoming.url}`, {
    method: "POST",
    body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>,
    duplex: "half",
  });
  void POST(request).then(async (response) => outgoing.end(await response.text()));
});
server.listen(0);
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const response = await fetch(`http://localhost:${port}/`, { method: "POST", body: '{"name":"route"}' });
console.log(await response.text());
server.close();
server.closeAllConnections();
await pool.shutdown();
