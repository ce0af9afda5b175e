/**
 * Names for sockets between processes of one machine.
 *
 * @packageDocumentation
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nonce } from "./nonces.ts";

/**
 * An address that nobody has. On Linux it is in no directory: the system forgets it with the socket, however the process
 * ends.
 *
 * @param kind - What it is for, to be read in lists of sockets.
 */
export function freshAddress(kind: string): string {
  const name = `heddle-${kind}-${nonce(16).toString("hex")}`;
  if (process.platform === "linux") return `\0${name}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}
