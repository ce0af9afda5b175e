/**
 * Notices that the other side of a session is gone, or does not take what it is sent.
 *
 * @packageDocumentation
 */
import type { Link } from "./link.ts";

/** So often within a lease each side says that it is alive, and looks whether the other one is. */
const LOOKS = 3;

/**
 * Watches a link until what this gives is called.
 *
 * - A side that has said nothing for `leaseMs` is dropped: its machine or its network is gone, or its event loop is blocked.
 * - So is one that has taken nothing for as long of what waits for it.
 *
 * @param ping - Says that this side is alive.
 */
export function watchLink(link: Link, leaseMs: number, ping: () => void): () => void {
  let takenBytes = 0;
  let takenAtMs = performance.now();
  const timer = setInterval(() => {
    ping();
    const outgoing = link.outgoing();
    const now = performance.now();
    if (outgoing === undefined || outgoing.waitingBytes === 0 || outgoing.takenBytes !== takenBytes) {
      takenBytes = outgoing?.takenBytes ?? 0;
      takenAtMs = now;
    } else if (now - takenAtMs > leaseMs) {
      link.destroy(new Error(`The other side has taken nothing for ${leaseMs} ms of what waits for it`));
    }
    // If it was this side that was blocked, what came meanwhile is read first.
    setImmediate(() =>
      setImmediate(() => {
        if (performance.now() - link.lastHeardMs > leaseMs) {
          link.destroy(new Error(`The other side has said nothing for ${leaseMs} ms`));
        }
      }),
    );
  }, leaseMs / LOOKS);
  timer.unref();
  return () => clearInterval(timer);
}
