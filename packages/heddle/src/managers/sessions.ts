/**
 * The sessions of this thread with the managers that it knows.
 *
 * @packageDocumentation
 */
import type { Session } from "./session.ts";
import type { Door } from "./tickets.ts";

/** Those that are there, and those that are being opened, by door. */
const sessions = new Map<string, Session | Promise<Session>>();

/** R2. This thread has entered, or has started what is behind the door. */
export function knowSession(session: Session): void {
  if (session.door === undefined) return;
  const name = nameOf(session.door);
  const known = sessions.get(name);
  if (known === undefined || isOver(known)) sessions.set(name, session);
}

/** Ends what {@link knowSession} began. */
export function forgetSession(session: Session): void {
  for (const [name, known] of sessions) if (known === session) sessions.delete(name);
}

/**
 * R2. The session with the manager behind a door.
 *
 * @param enter - Opens one. What it throws is passed on, and the next to ask tries again.
 */
export async function entered(door: Door, enter: (door: Door) => Promise<Session>): Promise<Session> {
  const name = nameOf(door);
  const known = sessions.get(name);
  if (known !== undefined && !isOver(known)) return await known;
  const opening = enter(door);
  sessions.set(name, opening);
  try {
    const session = await opening;
    sessions.set(name, session);
    return session;
  } catch (error) {
    sessions.delete(name);
    throw error;
  }
}

function isOver(known: Session | Promise<Session>): boolean {
  return !(known instanceof Promise) && known.isOver;
}

function nameOf({ address, key }: Door): string {
  return `${key} ${address}`;
}
