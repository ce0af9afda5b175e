/**
 * Connections to managers that are served, on both sides.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { FrameLink, HANDSHAKE_LIMIT_BYTES, introduce } from "../workers/net/index.ts";
import { type Address, parseAddress } from "./address.ts";
import type { Backend } from "./backend.ts";
import { checkKey, checkLimits, checkObject } from "./checks.ts";
import { ManagerClosedError } from "./errors.ts";
import { SocketLink } from "./link.ts";
import type { ManagerConnectOptions, ManagerServeOptions } from "./manager.ts";
import { ManagerServer, PURPOSE } from "./server.ts";
import { Session } from "./session.ts";
import { shutDown } from "./start-thread.ts";

/** The options of each door. */
const CONNECT = ["address", "authKey", "tls", "maxMessageBytes", "handshakeTimeoutMs"];
const SERVE = [...CONNECT, "maxHalfOpen", "maxConnections", "leaseMs"];

/** What a manager does that is served here. */
export async function serveAt(options: ManagerServeOptions): Promise<Backend> {
  const { address, authKey, tls } = checkObject(options, "serve manager", SERVE);
  const key = checkKey(authKey, "serve manager");
  return await ManagerServer.open(parseAddress(address), key, checkLimits(options), tls);
}

/** What a manager does that is served elsewhere. */
export async function connectTo(options: ManagerConnectOptions): Promise<Backend> {
  const { authKey, tls } = checkObject(options, "connect to manager", CONNECT);
  const key = checkKey(authKey, "connect to manager");
  const address = parseAddress(options.address);
  const { maxMessageBytes, handshakeTimeoutMs } = checkLimits(options);
  const link = await openLink(address, options.address, tls);
  const timer = setTimeout(() => link.destroy(new Error("The server does not answer")), handshakeTimeoutMs);
  try {
    await introduce(link, { key, purpose: PURPOSE });
    link.limitBytes = maxMessageBytes;
    const session = new Session(new SocketLink(link), { limitBytes: maxMessageBytes });
    await session.settled;
    return { session, stop: async () => session.close(shutDown()) };
  } finally {
    clearTimeout(timer);
  }
}

async function openLink(
  address: Address,
  text: string,
  tls: ConnectionOptions | undefined,
): Promise<FrameLink> {
  const where = address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
  const socket: Socket =
    tls === undefined
      ? process.getBuiltinModule("node:net").connect({ ...where, noDelay: true })
      : process.getBuiltinModule("node:tls").connect({ ...where, ...tls });
  try {
    await once(socket, tls === undefined ? "connect" : "secureConnect");
  } catch (error) {
    socket.destroy();
    const { message } = error as Error;
    throw new ManagerClosedError(`Cannot connect to ${text}: ${message}`, { cause: error });
  }
  return new FrameLink(socket, HANDSHAKE_LIMIT_BYTES);
}
