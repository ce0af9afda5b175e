/**
 * What can be chosen among, beside channels and futures.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import type { Channel } from "../channel/channel.ts";

/** One of the cases of a `select`, made by `channel.sending()` or `after()`. It can be used again. */
export abstract class SelectCase {
  /** Whether it sends a value, or lets time pass. */
  abstract readonly kind: "sending" | "after";
}

/** A value that may be sent. */
export class SendingCase extends SelectCase {
  readonly kind = "sending";
  readonly channel: Channel<unknown>;
  readonly value: unknown;

  constructor(channel: Channel<unknown>, value: unknown) {
    super();
    this.channel = channel;
    this.value = value;
  }
}

/** A time that comes. */
export class TimeCase extends SelectCase {
  readonly kind = "after";
  /** By `performance.now()`. */
  readonly at: number;

  constructor(at: number) {
    super();
    this.at = at;
  }
}

/**
 * A time, as a case of a `select`. It counts from this call on: one such case can be the deadline of a whole loop.
 *
 * @param timeoutMs - `Infinity` for never.
 *
 * @example
 * ```ts
 * import { after, Channel, select } from "heddle/queues";
 *
 * const news = new Channel<string>();
 * const first = await select({ news, late: after(5) });
 * first.name; // => "late"
 * ```
 */
export function after(timeoutMs: number): SelectCase {
  const what = "timeoutMs must be a number of milliseconds, 0 or more";
  if (typeof timeoutMs !== "number")
    throw new TypeError(`Cannot begin after(): ${what}, and is ${inspect(timeoutMs)}`);
  if (!(timeoutMs >= 0)) throw new RangeError(`Cannot begin after(): ${what}, and is ${timeoutMs}`);
  return new TimeCase(performance.now() + timeoutMs);
}
