/**
 * Those who wait for the same, oldest first: a doubly linked list of nodes, changed by who holds the gate.
 *
 * ```text
 * word  name   values                      written by
 * 0     first  the oldest node; 0: nobody  gate holders
 * 1     last   the youngest node; 0        gate holders
 * ```
 *
 * @packageDocumentation
 */
import type { Monitor } from "./monitor.ts";
import { GROUP, LIST, NEXT, PREV } from "./node.ts";

export const WAIT_LIST_BYTES = 8;
const FIRST = 0;
const LAST = 4;

/** The oldest node; 0 when nobody waits. */
export const firstOf = (monitor: Monitor, list: number): number => monitor.read(list + FIRST) >>> 0;

/** The node behind `node`; 0 for none. */
export const nodeAfter = (monitor: Monitor, node: number): number => monitor.read(node + NEXT) >>> 0;

/** Puts a node behind all others. */
export function append(monitor: Monitor, list: number, node: number): void {
  const last = monitor.read(list + LAST);
  // The node is its owner's alone until the list leads to it.
  monitor.poke(node + NEXT, 0);
  monitor.poke(node + PREV, last);
  link(monitor, list, node, last);
}

/** Takes a node out of the list that it stands in. */
export function remove(monitor: Monitor, node: number): void {
  const list = monitor.read(node + LIST) >>> 0;
  const next = monitor.read(node + NEXT);
  const prev = monitor.read(node + PREV);
  monitor.write(prev === 0 ? list + FIRST : (prev >>> 0) + NEXT, next);
  monitor.write(next === 0 ? list + LAST : (next >>> 0) + PREV, prev);
  monitor.write(node + LIST, 0);
}

/** Takes a node out of the list that it stands in, and puts it behind all others of another one. */
export function move(monitor: Monitor, node: number, list: number): void {
  remove(monitor, node);
  const last = monitor.read(list + LAST);
  // Those around it would find it where it stood if this were undone.
  monitor.write(node + NEXT, 0);
  monitor.write(node + PREV, last);
  link(monitor, list, node, last);
}

function link(monitor: Monitor, list: number, node: number, last: number): void {
  monitor.write(node + LIST, list | 0);
  monitor.write(last === 0 ? list + FIRST : (last >>> 0) + NEXT, node | 0);
  monitor.write(list + LAST, node | 0);
}

/** How many stand in line. Cost: a step for each. */
export function lengthOf(monitor: Monitor, list: number): number {
  let length = 0;
  for (let node = firstOf(monitor, list); node !== 0; node = nodeAfter(monitor, node)) length++;
  return length;
}

/**
 * The oldest node that can be granted: none of whose group has won yet. It has won from now on, so it is to be granted
 * in the same section. 0 for none.
 *
 * Nodes that can be granted no more are left to their owners, who will take them out; only a few are taken out here.
 *
 * @param group - Its nodes are passed over; 0 for none.
 */
export function claimFirst(monitor: Monitor, list: number, group: number): number {
  for (let node = firstOf(monitor, list); node !== 0;) {
    const next = nodeAfter(monitor, node);
    const isOwn = group !== 0 && monitor.read(node + GROUP) >>> 0 === group;
    if (!isOwn) {
      if (monitor.claim(node)) return node;
      if (monitor.isShort && monitor.isOver(node)) remove(monitor, node);
    }
    node = next;
  }
  return 0;
}
