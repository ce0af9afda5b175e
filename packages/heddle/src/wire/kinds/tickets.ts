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

const forms = new Map<string, TicketForm<object>>();

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
  forms.set(kind, form);
  writers.set(cls.prototype, (writer, thing, at) => {
    const ticket = form.issue(thing as T);
    return writer.value(ticket, writer.string(kind, writer.byte(tag.TICKET, at)));
  });
}

export function readTicket(reader: Reader): object {
  const number = reader.reserve();
  const kind = reader.string();
  const ticket = reader.part();
  return reader.fulfil(
    number,
    reader.ask(() => formOf(kind).redeem(ticket)),
  );
}

function formOf(kind: string): TicketForm<object> {
  const form = forms.get(kind);
  if (form !== undefined) return form;
  const loading = handleLoading();
  if (loading !== undefined) throw new NotLoadedError(loading);
  throw new CorruptMessageError(
    `it holds a ticket of kind ${kind}, which nothing in this thread has registered`,
  );
}
