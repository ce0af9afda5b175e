/**
 * A manager that serves clients at an address.
 *
 * @packageDocumentation
 */
import { once } from "node:events";
import type { Server, Socket } from "node:net";
import type { SecureContextOptions } from "node:tls";
import { MessageChannel } from "node:worker_threads";
import { Acceptor, type FrameLink } from "../workers/net/index.ts";
import { type Address, listenAt, servedAt } from "./address.ts";
import type { Backend, ManagerStatistics } from "./backend.ts";
import { type OpenDoor, openDoor, PURPOSE } from "./door.ts";
import { Host, Root } from "./host.ts";
import { PortLink, SocketLink } from "./link.ts";
import { Session } from "./session.ts";
import { forgetSession, knowSession } from "./sessions.ts";

export interface ServerLimits {
  readonly maxMessageBytes: number;
  readonly handshakeTimeoutMs: number;
  readonly maxHalfOpen: number;
  readonly maxConnections: number;
  readonly leaseMs: number;
}

/** Serves until it is stopped. */
export class ManagerServer implements Backend {
  readonly session: Session;
  readonly address: string;
  readonly #server: Server;
  readonly #acceptor: Acceptor;
  readonly #host: Host;
  readonly #sessions: Set<Session>;
  readonly #inner: OpenDoor | undefined;

  private constructor(
    server: Server,
    address: Address,
    acceptor: Acceptor,
    host: Host,
    sessions: Set<Session>,
    inner: OpenDoor | undefined,
  ) {
    this.#server = server;
    this.#acceptor = acceptor;
    this.#host = host;
    this.#sessions = sessions;
    this.#inner = inner;
    this.address = servedAt(address, server);
    const { port1, port2 } = new MessageChannel();
    sessions.add(Session.host(new PortLink(port1), new Root(host), inner?.door));
    this.session = new Session(new PortLink(port2), { onOver: () => forgetSession(this.session) });
  }

  /** @throws `AddressInUseError`, and what the system says about the address. */
  static async open(
    address: Address,
    key: Uint8Array,
    limits: ServerLimits,
    tls: SecureContextOptions | undefined,
  ): Promise<ManagerServer> {
    const host = new Host();
    const sessions = new Set<Session>();
    const { handshakeTimeoutMs, maxHalfOpen, maxConnections, maxMessageBytes, leaseMs } = limits;
    const onLink = (link: FrameLink): void => {
      const session: Session = new Session(new SocketLink(link), {
        root: new Root(host),
        limitBytes: maxMessageBytes,
        leaseMs,
        sendings: host.sendings,
        isCautious: true,
        onOver: () => sessions.delete(session),
      });
      sessions.add(session);
    };
    const acceptor = new Acceptor({
      credentials: { key, purpose: PURPOSE },
      handshakeTimeoutMs,
      maxHalfOpen,
      maxLinks: maxConnections,
      limitBytes: maxMessageBytes,
      onLink,
    });
    const secured = tls && securedBy(tls);
    const server = process.getBuiltinModule("node:net").createServer({ noDelay: true }, (socket) => {
      acceptor.accept(secured ? secured(socket) : socket);
    });
    await listenAt(server, address);
    const inner = openDoor(new Root(host), host.sendings);
    const served = new ManagerServer(server, address, acceptor, host, sessions, inner);
    await served.session.settled;
    knowSession(served.session);
    return served;
  }

  createHere(cls: new (...args: never[]) => object, args: unknown[]): string {
    return this.#host.leave(this.#host.create(cls as new (...args: unknown[]) => object, args));
  }

  registerHere(name: string, object: object): void {
    this.#host.register(name, object);
  }

  statistics(): ManagerStatistics {
    const { links, halfOpen } = this.#acceptor.statistics();
    let lent = 0;
    for (const session of this.#all()) lent += session.counts().lent;
    return {
      clients: links + (this.#inner?.sessions.size ?? 0),
      halfOpen,
      lent,
      borrowed: this.session.counts().borrowed,
    };
  }

  /** Takes no new clients; lets calls that run come to their end, for so long; then ends all connections. */
  async stop(graceMs: number): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    const deadline = performance.now() + graceMs;
    const isBusy = (): boolean => this.#all().some((session) => session.counts().running > 0);
    while (isBusy() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const session of this.#all()) session.close();
    this.session.close();
    const timer = setTimeout(() => this.#acceptor.close(), Math.max(0, deadline - performance.now()));
    // Whoever stands on the doorstep is not waited for.
    this.#acceptor.dropHalfOpen();
    await closed;
    clearTimeout(timer);
    this.#inner?.close();
    this.#host.clear();
  }

  #all(): Session[] {
    return [...this.#sessions, ...(this.#inner?.sessions ?? [])];
  }
}

/** What makes a connection one of TLS; loaded when it is needed, as that takes a while. */
function securedBy(options: SecureContextOptions): (socket: Socket) => Socket {
  const { createSecureContext, TLSSocket } = process.getBuiltinModule("node:tls");
  const secureContext = createSecureContext(options);
  return (socket) => new TLSSocket(socket, { isServer: true, secureContext });
}
