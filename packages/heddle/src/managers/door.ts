/**
 * The door of a manager for other threads and processes of the program that has it: a socket that nobody else knows.
 *
 * @packageDocumentation
 */
import { processOrigin } from "../portable/index.ts";
import { Acceptor, type FrameLink, freshAddress, LARGEST_FRAME_BYTES, nonce } from "../workers/net/index.ts";
import { SocketLink } from "./link.ts";
import type { Sendings } from "./sendings.ts";
import { Session, type SessionOptions } from "./session.ts";
import type { Door } from "./tickets.ts";

/** What proofs for managers are for. */
export const PURPOSE = "manager";

const HANDSHAKE_TIMEOUT_MS = 30_000;
const MAX_HALF_OPEN = 256;

/** A door that is open. It keeps no program alive. */
export interface OpenDoor {
  readonly door: Door;
  /** The sessions with those who have come in. */
  readonly sessions: ReadonlySet<Session>;
  close(): void;
}

/**
 * Opens a door; `undefined` where the system has no socket for it: proxies of what is behind it stay in one thread then.
 *
 * @param root - What everybody who enters may call from the start.
 * @param sendings - What tickets are for that lead here.
 */
export function openDoor(root: object, sendings: Sendings): OpenDoor | undefined {
  const path = freshAddress("manager");
  const key = nonce(32);
  const door: Door = { address: `unix:${path}`, key: key.toString("hex"), origin: processOrigin() };
  const sessions = new Set<Session>();
  const acceptor = new Acceptor({
    credentials: { key, purpose: PURPOSE },
    handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
    maxHalfOpen: MAX_HALF_OPEN,
    maxLinks: Infinity,
    limitBytes: LARGEST_FRAME_BYTES,
    onLink: (link) => void serve(link, { root, sendings, door }, sessions),
  });
  const { createServer } = process.getBuiltinModule("node:net");
  const server = createServer({ pauseOnConnect: true }, (socket) => acceptor.accept(socket));
  server.on("error", () => undefined);
  // It listens when this returns: no process that has others listen for it is asked.
  server.listen({ path, exclusive: true });
  if (!server.listening) return undefined;
  server.unref();
  return {
    door,
    sessions,
    close() {
      server.close();
      acceptor.close();
    },
  };
}

/** The first that comes is the name of the process that the other side is in. */
async function serve(
  link: FrameLink,
  behind: Required<Pick<SessionOptions, "root" | "sendings" | "door">>,
  sessions: Set<Session>,
): Promise<void> {
  let origin: string;
  try {
    origin = Buffer.from(await link.next()).toString();
  } catch {
    return link.destroy();
  }
  const session: Session = new Session(new SocketLink(link, origin !== processOrigin()), {
    ...behind,
    isCautious: true,
    onOver: () => sessions.delete(session),
  });
  sessions.add(session);
}
