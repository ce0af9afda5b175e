/**
 * The values of context variables, on their way to another thread.
 *
 * @packageDocumentation
 */
import { PortabilityError } from "../portable/index.ts";
import { WireError } from "../wire/index.ts";
import type { Binding } from "./context.ts";

/** Names of variables, each followed by its value. */
export type Carried = readonly unknown[];

/** What is to be sent, so that other code sees these values. */
export function carry(values: Binding | undefined): Carried {
  const carried = new Map<string, unknown>();
  for (let at = values; at !== undefined; at = at.before) {
    if (!carried.has(at.name)) carried.set(at.name, at.value);
  }
  return [...carried].flat(1);
}

/** The values that were sent. */
export function bindingsOf(carried: Carried): Binding | undefined {
  let values: Binding | undefined;
  for (let i = 0; i < carried.length; i += 2) {
    values = { name: carried[i] as string, value: carried[i + 1], before: values };
  }
  return values;
}

/**
 * What keeps a value from being taken along names a place in what is sent; users know the variable.
 *
 * @param place - Where in the message the values stand.
 */
export function ofVariable(error: unknown, place: string, carried: Carried): unknown {
  if (!(error instanceof WireError || error instanceof PortabilityError)) return error;
  if (error.path?.startsWith(place) !== true) return error;
  const [at = "", index] = /^\[(\d+)\]/.exec(error.path.slice(place.length)) ?? [];
  return placedAs(error, place + at, `context variable "${String(carried[Number(index) - 1])}"`);
}

/** What keeps a value from being sent, told of by another name of its place. */
export function placedAs(error: unknown, place: string, name: string): unknown {
  if (!(error instanceof WireError || error instanceof PortabilityError)) return error;
  if (error.path?.startsWith(place) !== true) return error;
  const path = name + error.path.slice(place.length);
  if (error instanceof PortabilityError) return error.toldOf({ path });
  return Object.assign(error, { message: error.message.replace(error.path, path), path });
}
