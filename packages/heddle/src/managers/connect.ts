/**
 * Connections to managers that are served, on both sides.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { processOrigin } from "../portable/index.ts";
import { FrameLink, HANDSHAKE_LIMIT_BYTES, introduce, LARGEST_FRAME_BYTES } from "../workers/net/index.ts";
import { parseAddress } from "./address.ts";
import type { Backend } from "./backend.ts";
import { checkKey, checkLimits, checkObject } from "./checks.ts";
import { ManagerClosedError } from "./errors.ts";
import { SocketLink } from "./link.ts";
import type { ManagerConnectOptions, ManagerServeOptions } from "./manager.ts";
import { PURPOSE } from "./door.ts";
import { relay } from "./relay.ts";
import { ManagerServer } from "./server.ts";
import { Session } from "./session.ts";
import { forgetSession, knowSession } from "./sessions.ts";
import { shutDown } from "./start-thread.ts";
import { type Door, relayBy } from "./tickets.ts";

relayBy(relay);

/** The options of each door. */
const CONNECT = ["address", "authKey", "tls", "maxMessageBytes", "handshakeTimeoutMs"];
const SERVE = [...CONNECT, "maxHalfOpen", "maxConnections", "leaseMs"];

/** A door of the program itself answers, or is gone. */
const PATIENCE_MS = 30_000;

/** What a manager does that is served here. */
export async function serveAt(options: ManagerServeOptions): Promise<Backend> {
  const { address, authKey, tls } = checkObject(options, "serve manager", SERVE);
  const key = checkKey(authKey, "serve manager");
  return await ManagerServer.open(parseAddress(address), key, checkLimits(options), tls);
}

/** What a manager does that is served elsewhere. */
export async function connectTo(options: ManagerConnectOptions): Promise<Backend> {
  const { authKey, tls } = checkObject(options, "connect to manager", CONNECT);
  const key = Buffer.from(checkKey(authKey, "connect to manager")).toString("hex");
  const { maxMessageBytes, handshakeTimeoutMs } = checkLimits(options);
  const session = await enter({ address: options.address, key, tls, maxMessageBytes, handshakeTimeoutMs });
  return { session, stop: async () => session.close(shutDown()) };
}

/**
 * Opens a session with the manager behind a door.
 *
 * @throws `ManagerClosedError` when nobody answers there, `AuthenticationError` when the key is another.
 */
export async function enter(door: Door): Promise<Session> {
  const { key, origin, maxMessageBytes = LARGEST_FRAME_BYTES, handshakeTimeoutMs = PATIENCE_MS } = door;
  const link = await openLink(door);
  const timer = setTimeout(() => link.destroy(new Error("The server does not answer")), handshakeTimeoutMs);
  try {
    await introduce(link, { key: Buffer.from(key, "hex"), purpose: PURPOSE });
    link.limitBytes = maxMessageBytes;
    if (origin !== undefined) link.send(Buffer.from(processOrigin()));
    const session: Session = new Session(new SocketLink(link, origin !== processOrigin()), {
      limitBytes: maxMessageBytes,
      door,
      onOver: () => forgetSession(session),
    });
    await session.settled;
    knowSession(session);
    return session;
  } finally {
    clearTimeout(timer);
  }
}

async function openLink({ address: text, tls, origin }: Door): Promise<FrameLink> {
  const address = parseAddress(text);
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
    const name = origin === undefined ? text : "the manager of a remote object";
    throw new ManagerClosedError(`Cannot connect to ${name}: ${message}`, { cause: error });
  }
  return new FrameLink(socket, HANDSHAKE_LIMIT_BYTES);
}
