/**
 * What becomes of a proxy that is sent.
 *
 * @packageDocumentation
 */
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";

/** Why a proxy stays, and what to do instead, as in a `WireError`. */
export interface ProxyStay {
  readonly found: string;
  readonly remedy: string;
  /** How it travels all the same, where it can. */
  readonly travel?: ProxyTravel;
}

/** How a proxy travels: as a ticket, see `tickets.ts`. */
export interface ProxyTravel {
  readonly kind: string;
  /** The ticket; `undefined` when it cannot travel so far. What it throws ends the message. */
  issue(isAbroad: boolean): unknown;
}

const ANY: ProxyStay = {
  found: "it is a Proxy, whose handler cannot be sent",
  remedy: "send the object behind it",
};

const explained = new WeakMap<object, ProxyStay>();

/** Says of a proxy how it travels, or what to do instead; what is advised for others is to send what is behind them. */
export function explainProxy(proxy: object, stay: ProxyStay): void {
  explained.set(proxy, stay);
}

/** Whether a proxy may travel. */
export function isTraveller(proxy: object): boolean {
  return explained.get(proxy)?.travel !== undefined;
}

export function writeProxy(writer: Writer, proxy: object, at: number): number {
  const { found, remedy, travel } = explained.get(proxy) ?? ANY;
  const ticket = travel?.issue(writer.isAbroad);
  if (ticket === undefined) throw writer.refusal(found, remedy);
  return writer.value(ticket, writer.string(travel!.kind, writer.byte(tag.TICKET, at)));
}
