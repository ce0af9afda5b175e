/**
 * What is said of a proxy that cannot be sent.
 *
 * @packageDocumentation
 */

/** Why a proxy stays, and what to do instead, as in a `WireError`. */
export interface ProxyStay {
  readonly found: string;
  readonly remedy: string;
}

const ANY: ProxyStay = {
  found: "it is a Proxy, whose handler cannot be sent",
  remedy: "send the object behind it",
};

const explained = new WeakMap<object, ProxyStay>();

/** Has a proxy be refused with better advice than to send what is behind it. */
export function explainProxy(proxy: object, stay: ProxyStay): void {
  explained.set(proxy, stay);
}

/** What was explained of a proxy, or what holds for any. */
export function stayOfProxy(proxy: object): ProxyStay {
  return explained.get(proxy) ?? ANY;
}
