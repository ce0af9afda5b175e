/**
 * Proxies on their way to other threads and processes, as tickets: where the manager is, the right to enter, and a token that it knows the
 * object by.
 *
 * ```text
 * sender's thread            manager                         receiver's thread
 *   ── HOLD token ─────────────▶ keeps the object a while
 *   ── ticket, by whatever means ──────────────────────────────▶
 *                                ◀──────── enters, if it has no session yet
 *                                ◀──────── claim(token)
 *                                 ── a proxy of its own ───────▶
 * ```
 *
 * Where others have no way to the manager, or only one by a key that is not theirs, the ticket leads to this thread: see `relay.ts`.
 *
 * - R1: a ticket may be redeemed as often as it is read, or never: it is the same however often its proxy is sent.
 * - R2: a thread has one session with a manager, and one proxy of an object, whatever tickets that came by.
 *
 * @packageDocumentation
 */
import type { ConnectionOptions } from "node:tls";

/** How to get to a manager. It is a plain value. */
export interface Door {
  readonly address: string;
  /** As hexadecimal digits. */
  readonly key: string;
  /** The process that the objects live in, where that is the program's own. Its servers are for anybody, and say nothing of it. */
  readonly origin?: string | undefined;
  readonly tls?: ConnectionOptions | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
}

export interface RemoteTicket {
  readonly door: Door;
  readonly token: string;
}

/** Gives a ticket for a proxy that leads through this thread; `undefined` where nobody else could get here. */
type Relay = (token: string, proxy: object) => RemoteTicket | undefined;

let relaying: Relay | undefined;

/** Says how others get at things through this thread. */
export function relayBy(relay: Relay): void {
  relaying = relay;
}

export function relayed(token: string, proxy: object): RemoteTicket | undefined {
  return relaying?.(token, proxy);
}

/** What this thread has, by token: proxies; an object that lives here is that object. */
const known = new Map<string, WeakRef<object>>();
const forgotten = new FinalizationRegistry<string>((token) => {
  if (known.get(token)?.deref() === undefined) known.delete(token);
});

/** R2. What this thread has for a token. */
export function knownBy(token: string): object | undefined {
  return known.get(token)?.deref();
}

export function makeKnown(token: string, thing: object): void {
  if (knownBy(token) === thing) return;
  known.set(token, new WeakRef(thing));
  forgotten.register(thing, token);
}
