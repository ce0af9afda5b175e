/**
 * Ways through this thread to what only its own connections lead to: to the objects of a server that it has connected to, whose key does
 * not leave the program, and to what clients have lent.
 *
 * ```text
 * another process                      this thread                     server, or client
 *   ── enters, claim(token) ────────────▶
 *   ── calls, as of an object of this ──▶ ── calls of a proxy ───────────▶
 * ```
 *
 * @packageDocumentation
 */
import { type OpenDoor, openDoor } from "./door.ts";
import { Sendings } from "./sendings.ts";
import type { RemoteTicket } from "./tickets.ts";

/** What is on its way to others. */
const sendings = new Sendings();

/** All that whoever enters may call. */
const root = { claim: (token: string): Promise<object> => sendings.claim(token) };

/** The door of this thread, from the first use on; `undefined` in it where there can be none. */
let opened: { readonly door: OpenDoor | undefined } | undefined;

/** A ticket for a proxy, whose calls go through this thread; `undefined` where nobody else could get here. */
export function relay(token: string, proxy: object): RemoteTicket | undefined {
  opened ??= { door: openDoor(root, sendings) };
  if (opened.door === undefined) return undefined;
  sendings.hold(token, proxy);
  return { door: opened.door.door, token };
}
