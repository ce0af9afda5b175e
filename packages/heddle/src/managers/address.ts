/**
 * Addresses of managers, and taking one.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { AddressInUseError } from "./errors.ts";

/** Where a manager is. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** Only the owner may connect to a socket in a directory. */
const OWNER_ONLY = 0o600;

/**
 * Reads an address: `unix:/run/app.sock`, or `tcp:localhost:7000`, also as `tcp://localhost:7000`, `tcp localhost:7000` or
 * `localhost:7000`. An address of IPv6 stands in brackets.
 *
 * @throws `TypeError`, `RangeError` when it is none.
 */
export function parseAddress(address: string): Address {
  if (typeof address !== "string")
    throw new TypeError(`Cannot use address ${String(address)}: it is no string`);
  const unix = /^unix:(?:\/\/)?(.+)$/s.exec(address);
  if (unix !== null) return { kind: "unix", path: unix[1]! };
  const tcp = /^(?:tcp(?::\/\/|:| ))?(?:\[([^\]]+)\]|([^:\s[\]/]+)):(\d+)$/.exec(address);
  const port = Number(tcp?.[3]);
  if (tcp === null || port > 65_535) {
    throw new RangeError(`Cannot use address ${address}: it is neither unix:PATH nor tcp:HOST:PORT`);
  }
  return { kind: "tcp", host: (tcp[1] ?? tcp[2])!, port };
}

/** The address of a server as text, with the port that the system chose. */
export function servedAt(address: Address, server: Server): string {
  if (address.kind === "unix") return textOf(address);
  return textOf({ ...address, port: (server.address() as AddressInfo).port });
}

/**
 * Has a server listen. The socket of a process that did not clean up is taken over.
 *
 * @throws `AddressInUseError` when somebody answers there, or what stands there is no socket.
 */
export async function listenAt(server: Server, address: Address): Promise<void> {
  try {
    await listen(server, address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    if (address.kind === "tcp" || !(await isLeftOver(address.path))) {
      throw new AddressInUseError(`Cannot serve at ${textOf(address)}: it is in use`, { cause: error });
    }
    await process.getBuiltinModule("node:fs/promises").unlink(address.path);
    await listen(server, address);
  }
  if (address.kind === "unix" && !address.path.startsWith("\0")) {
    await process.getBuiltinModule("node:fs/promises").chmod(address.path, OWNER_ONLY);
  }
}

async function listen(server: Server, address: Address): Promise<void> {
  if (address.kind === "unix") server.listen(address.path);
  else server.listen(address.port, address.host);
  await once(server, "listening");
}

/** Whether a path is a socket that nobody listens at. */
async function isLeftOver(path: string): Promise<boolean> {
  const { lstat } = process.getBuiltinModule("node:fs/promises");
  if (!(await lstat(path)).isSocket()) return false;
  const socket = process.getBuiltinModule("node:net").connect(path);
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

function textOf(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp:${host}:${address.port}`;
}
