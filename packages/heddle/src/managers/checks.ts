/** Looks at the options of managers, at the door. */
import { checkKnown } from "../sync/index.ts";
import type { ServerLimits } from "./server.ts";

const DEFAULTS: ServerLimits = {
  maxMessageBytes: 64 * 1024 * 1024,
  handshakeTimeoutMs: 10_000,
  maxHalfOpen: 128,
  maxConnections: 1024,
  leaseMs: 60_000,
};

export function checkObject<O extends object>(options: O, verb: string, known: readonly string[]): O {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${verb}: its options must be an object, and are ${String(options)}`);
  }
  checkKnown(options, known, "a manager");
  return options;
}

/** The key, as bytes. An empty one is a key, too. */
export function checkKey(authKey: unknown, verb: string): Uint8Array {
  if (typeof authKey === "string") return Buffer.from(authKey);
  if (authKey instanceof Uint8Array) return Uint8Array.from(authKey);
  throw new TypeError(`Cannot ${verb}: authKey must be a string or bytes, and is ${typeof authKey}`);
}

export function checkLimits(options: Partial<ServerLimits>): ServerLimits {
  const limits: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(DEFAULTS) as [keyof ServerLimits, number][]) {
    const value: unknown = options[name] ?? fallback;
    if (typeof value !== "number")
      throw new TypeError(`Cannot use ${name}: it must be a number, and is ${typeof value}`);
    if (!(value > 0)) throw new RangeError(`Cannot use ${name}: it must be more than 0, and is ${value}`);
    limits[name] = value;
  }
  return limits as unknown as ServerLimits;
}
