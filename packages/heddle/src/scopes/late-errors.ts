/**
 * Errors that say where the code is that waited.
 *
 * A wait that runs out of time ends in a timer: the stack of an error that is made there leads nowhere. V8 knows who awaits only where
 * code goes on that awaited, so there the stack is taken again.
 *
 * @packageDocumentation
 */

const late = new WeakSet<Error>();

/** Marks an error that was made for one wait, away from the code that waits. */
export function madeLate<E extends Error>(error: E): E {
  late.add(error);
  return error;
}

/** Gives an error that was made late a stack that leads to the code that awaits the running one. Gives what it is given. */
export function withCaller(error: unknown): unknown {
  if (error instanceof Error && late.delete(error)) Error.captureStackTrace(error, withCaller);
  return error;
}

/** Gives what becomes of a wait, and errors that were made late with the stack of the code that awaits this. */
export async function toldWhere<T>(wait: Promise<T>): Promise<T> {
  try {
    return await wait;
  } catch (error) {
    throw withCaller(error);
  }
}
