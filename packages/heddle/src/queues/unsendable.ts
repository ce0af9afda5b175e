/**
 * What cannot be sent says where it was to go: a program has many queues.
 *
 * @packageDocumentation
 */
import { WireError } from "../wire/index.ts";

/**
 * The error, with the destination in its message.
 *
 * @param where - `into queue "jobs"`.
 */
export function toldWhere(error: unknown, where: string): unknown {
  if (!(error instanceof WireError)) return error;
  const [before, what] = [error.message, `Cannot send ${error.path}`];
  if (!before.startsWith(`${what}: `)) return error;
  const message = `${what} ${where}${before.slice(what.length)}`;
  return Object.assign(error, { message, stack: error.stack?.replace(before, () => message) });
}
