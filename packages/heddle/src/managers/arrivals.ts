/**
 * Proxies that come from other threads and processes: the receiver's side of `tickets.ts`.
 *
 * @packageDocumentation
 */
import { OUTSIDE, runIn } from "../scopes/index.ts";
import { CorruptMessageError, NotLoadedError } from "../wire/index.ts";
import { keepAlive } from "../workers/index.ts";
import { enter } from "./connect.ts";
import { behindProxy } from "./proxies.ts";
import { entered } from "./sessions.ts";
import { ROOT } from "./things.ts";
import { type Door, knownBy, makeKnown, type RemoteTicket } from "./tickets.ts";

/**
 * What a claim has come to is kept so long for the message that its ticket came in: a proxy, as others in that may still have to be
 * claimed; an error, for who reads it again.
 */
const KEPT_MS = 5000;

/** Claims that are under way, by token. */
const claims = new Map<string, Promise<void>>();
/** What claims have come to a moment ago, by token. */
const outcomes = new Map<string, Outcome>();

type Outcome = { readonly thing: object } | { readonly error: unknown };

/**
 * What this thread has for a ticket.
 *
 * @returns A proxy whose session is over, where that is all there is.
 * @throws `NotLoadedError` while it is being claimed. What kept it from being claimed, once; to ask again tries again.
 */
export function redeem(plain: unknown): object {
  const { door, token } = plain as RemoteTicket;
  if (typeof token !== "string" || typeof door?.address !== "string") {
    throw new CorruptMessageError("it holds a ticket that is none");
  }
  const thing = knownBy(token);
  const behind = thing && behindProxy(thing);
  if (thing !== undefined && behind?.isOver !== true) return thing;
  const outcome = outcomes.get(token);
  if (outcome !== undefined && "error" in outcome) {
    outcomes.delete(token);
    if (thing !== undefined && behind?.isReleased !== true) return thing;
    throw outcome.error;
  }
  let claim = claims.get(token);
  if (claim === undefined) claims.set(token, (claim = runIn(OUTSIDE, () => begin(door, token))));
  throw new NotLoadedError(
    claim,
    "this thread is still connecting to the manager of a remote object in it, which it cannot while it blocks",
  );
}

async function begin(door: Door, token: string): Promise<void> {
  const letGo = keepAlive();
  try {
    const session = await entered(door, enter);
    const thing = (await session.call(ROOT, ["claim"], [token])) as object;
    const behind = behindProxy(thing);
    // R1. Sent from here, it has the same ticket.
    if (behind !== undefined) behind.token ??= token;
    makeKnown(token, thing);
    keep(token, { thing });
  } catch (error) {
    keep(token, { error });
  } finally {
    claims.delete(token);
    letGo();
  }
}

function keep(token: string, outcome: Outcome): void {
  outcomes.set(token, outcome);
  const forget = (): void => {
    if (outcomes.get(token) === outcome) outcomes.delete(token);
  };
  setTimeout(forget, KEPT_MS).unref();
}
