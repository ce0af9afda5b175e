/**
 * Makes the proxies of things that live on the other side of a session.
 *
 * @packageDocumentation
 */
import { leavable, needNoHandler } from "../scopes/index.ts";
import { explainProxy, type ProxyStay, REMOTE_TICKET } from "../wire/index.ts";
import type { PathStep } from "./messages.ts";
import type { RemoteTicket } from "./tickets.ts";

/** What a proxy does to the thing behind it. */
export interface Behind {
  call(path: readonly PathStep[], args: unknown[]): Promise<unknown>;
  get(path: readonly PathStep[]): Promise<unknown>;
  /** Iterates over what a method of that name gives. */
  iterate(path: readonly PathStep[]): AsyncIterator<unknown>;
  release(): void;
  readonly isReleased: boolean;
  /** It can be called no more: it was released, or the session that it belongs to is over. */
  readonly isOver: boolean;
  /** What the thing is known by where it lives, if its proxy was ever sent to another thread or has come from one. */
  token: string | undefined;
  /** The proxy that others get at the thing by who go through this thread, if there is one. */
  readonly relayed: object | undefined;
  /** What another thread gets for its proxy; `undefined` where it cannot get to the thing. */
  issue(proxy: object, isAbroad: boolean): RemoteTicket | undefined;
}

/** What a task waits for that waits for an answer. */
const CALL = "a call of a remote object";

/** What the language calls by itself, as to write a proxy as JSON: then nobody waits for the answer. */
const UNASKED: ReadonlySet<PathStep> = new Set(["toJSON", "toString", "valueOf"]);

/** What consoles show of a proxy. */
const SHOWN = { [Symbol.toStringTag]: "Remote" };

/** Why another thread cannot have one, where it cannot. */
const STAYS: ProxyStay = {
  found: "it is a remote object, and belongs to the connection of this thread with its manager",
  remedy: "serve that manager by Manager.serve(), and have the other side connect to it",
};

/** What each proxy stands for. */
const behind = new WeakMap<object, Behind>();

/** What stands behind a proxy of a whole thing; `undefined` for all else, members of proxies too. */
export function behindProxy(value: object): Behind | undefined {
  return behind.get(value);
}

/** The proxy of a thing. */
export function makeProxy(thing: Behind, isFunction: boolean): object {
  const target = isFunction ? namelessFunction() : (Object.create(SHOWN) as object);
  const proxy: object = new Proxy(target, {
    get: (_, key) => memberOf(thing, [], key),
    apply: (_, _self, args: unknown[]) => leavable(CALL, () => thing.call([], args)),
    set: refuseWrite,
    defineProperty: refuseWrite,
    deleteProperty: refuseWrite,
    setPrototypeOf: refuseWrite,
  });
  behind.set(proxy, thing);
  const issue = (isAbroad: boolean): unknown => thing.issue(proxy, isAbroad);
  explainProxy(proxy, { ...STAYS, travel: { kind: REMOTE_TICKET, issue } });
  return proxy;
}

function memberOf(thing: Behind, path: readonly PathStep[], key: PropertyKey): unknown {
  if (typeof key === "symbol") return symbolMember(thing, path, key);
  const name = String(key);
  // A proxy that could be awaited could not be given by a promise.
  if (name === "then" && path.length === 0) return undefined;
  return makeMember(thing, [...path, name]);
}

function symbolMember(thing: Behind, path: readonly PathStep[], key: symbol): unknown {
  if (key === Symbol.asyncIterator) return () => thing.iterate(path);
  if (key === Symbol.dispose && path.length === 0) return () => thing.release();
  return undefined;
}

/** A member of a thing: called, it calls the method; awaited, it gives the property. */
function makeMember(thing: Behind, path: readonly PathStep[]): object {
  return new Proxy(namelessFunction(), {
    get: (_, key) => {
      if (key !== "then") return memberOf(thing, path, key);
      return (resolve: (value: unknown) => unknown, reject: (error: unknown) => unknown): unknown =>
        leavable(CALL, () => thing.get(path)).then(resolve, reject);
    },
    apply: (_, _self, args: unknown[]) => {
      const answer = leavable(CALL, () => thing.call(path, args));
      if (UNASKED.has(path.at(-1)!)) needNoHandler(answer);
      return answer;
    },
    set: refuseWrite,
    defineProperty: refuseWrite,
    deleteProperty: refuseWrite,
  });
}

function refuseWrite(): never {
  throw new TypeError(
    "Cannot assign to a member of a remote object: nobody could wait for it, or be told that it failed; call a method that does it",
  );
}

/** An arrow has no property that could not be hidden. */
function namelessFunction(): () => void {
  return () => undefined;
}
