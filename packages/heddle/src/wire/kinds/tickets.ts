/**
 * Things that live in one thread, and that any thread of any process gets at by a ticket: a plain value that says where
 * the thing is and proves the right to it.
 *
 * @packageDocumentation
 */
import { CorruptMessageError, NotLoadedError } from "../errors.ts";
import { handleLoading, type HandleClass } from "./handles.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import { writers } from "./writers.ts";

/** How the things of one class cross. */
export interface TicketForm<T> {
  /** The ticket: a plain value, the same however often it is asked for. What it throws ends the message. */
  issue(thing: T): unknown;
  /** What this thread has for a ticket: the same object as long as it has it. What it throws is passed on. */
  redeem(ticket: unknown): T;
}

/** The tickets of remote objects. Workers know of them before they know of managers. */
export const REMOTE_TICKET = "managers.Remote/1";

/** What this thread has for a ticket, as in {@link TicketForm}. */
export type Redeem = (ticket: unknown) => object;

const forms = new Map<string, Redeem>();
/** What loads that. */
const loaders = new Map<string, () => Redeem>();

/**
 * Declares how the objects of a class cross: both sides run this when they load the module of the class.
 *
 * @param kind - Name and version of the ticket, such as "workers.Connection/1".
 */
export function registerTicket<T extends object>(
  kind: string,
  cls: HandleClass<T>,
  form: TicketForm<T>,
): void {
  forms.set(kind, (ticket) => form.redeem(ticket));
  writers.set(cls.prototype, (writer, thing, at) => {
    const ticket = form.issue(thing as T);
    return writer.value(ticket, writer.string(kind, writer.byte(tag.TICKET, at)));
  });
}

/** Says how to load, in place, what redeems a kind of tickets that proxies issue: done when the first one comes. */
export function loadTicketsBy(kind: string, load: () => Redeem): void {
  loaders.set(kind, load);
}

export function readTicket(reader: Reader): object {
  const number = reader.reserve();
  const kind = reader.string();
  const ticket = reader.part();
  return reader.fulfil(
    number,
    reader.ask(() => redeemOf(kind)(ticket)),
  );
}

function redeemOf(kind: string): Redeem {
  const form = forms.get(kind) ?? loaders.get(kind)?.();
  if (form !== undefined) return form;
  const loading = handleLoading();
  if (loading !== undefined) throw new NotLoadedError(loading);
  throw new CorruptMessageError(
    `it holds a ticket of kind ${kind}, which nothing in this thread has registered`,
  );
}
