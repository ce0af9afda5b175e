/**
 * What becomes of what waits at shared objects leave behind when their thread ends.
 *
 * @packageDocumentation
 */
import type { Monitor } from "./monitor.ts";

/**
 * Sees to what a node holds whose thread has ended: what it was granted that the thread did not live to see, or what it
 * stood in line with. In a section on the object.
 */
export type Reclaim = (monitor: Monitor, object: number, node: number) => void;

const reclaims = new Map<number, Reclaim>();

/** Says what becomes of what waits at objects of a kind leave behind. Without it, it is lost with the thread. */
export function registerReclaim(kind: number, reclaim: Reclaim): void {
  reclaims.set(kind, reclaim);
}

/** What {@link registerReclaim} was told for a kind. */
export function reclaimOf(kind: number): Reclaim | undefined {
  return reclaims.get(kind);
}
