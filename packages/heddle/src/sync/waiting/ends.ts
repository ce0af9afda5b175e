/**
 * The end of a thread, whenever and wherever it came: what it was about is undone or completed, what it waited for is
 * left to the others, and those who wait for it look again.
 *
 * @packageDocumentation
 */
import { DoneList, seatOf, type Words } from "#heap";
import { KIND } from "../objects/header.ts";
import { type Monitor, settleSections } from "./monitor.ts";
import {
  ANSWER,
  FREE,
  GROUP,
  isOpen,
  LIST,
  LOOK_FLAG,
  LOST,
  NONE,
  OBJECT,
  OPEN,
  OPEN_LOOK,
  OWNER,
  PHASE_MASK,
  SERIAL_STEP,
  STATE,
  WAITING,
} from "./node.ts";
import { isTaken, nodesOf } from "./nodes.ts";
import { reclaimOf } from "./reclaims.ts";
import { GRANT_COUNT, GRANTS, INBOX, KILLED, LEAVING, LOOK } from "./record.ts";
import { remove } from "./wait-list.ts";

/**
 * Settles the end of a thread whose seat was claimed for that. The seat is not free yet: its ledger is to be settled.
 *
 * - E1: every step can be done twice, so whoever inherits an end that is half settled begins from the start.
 * - E2: the identity is vacated before anybody is told to look, so who looks finds the thread gone.
 * - E3: a waiter is told by a change of the word that it sleeps on, so it is told even if it is just about to sleep.
 * - E4: a node may be taken for another wait while it is looked at here, so what is read of it may be of that one. Its
 *   state has another serial then, and is left alone: that wait began after E2. A group's word may be rung or marked in
 *   vain, and so never goes back to the heap.
 * - E5: the inbox is emptied after the nodes were looked at: what was put into it before is gone, and what comes later is
 *   LOST (N3).
 * - E6: whether it was killed is written down before the identity is vacated (E2), and is vacated once.
 *
 * @param monitor - Of the thread that settles, which is in no section.
 */
export function settleEnd(monitor: Monitor, seat: number): void {
  const { words, seats } = monitor;
  const record = seats.recordAt(seat);
  if (record !== 0) {
    settleSections(monitor, seat, record);
    for (const node of nodesOf(words, record)) if (isTaken(words, node)) leaveLine(monitor, node);
    words.store(record + INBOX, 0);
    words.store(record + LOOK, 0);
    const identity = seats.identityAt(seat);
    if (words.load(record + LEAVING) !== identity) words.store(record + KILLED, identity);
  }
  // E2.
  seats.vacate(seat);
  for (const other of seats) {
    const otherRecord = seats.recordAt(other);
    if (otherRecord !== 0) tellToLook(words, otherRecord);
  }
}

/** Says that this thread ends by itself, and without an error: what it leaves behind it means to leave. */
export function beginToLeave({ words, seats, identity }: Monitor): void {
  words.store(seats.recordAt(seatOf(identity)) + LEAVING, identity);
}

/** Whether a thread whose end is settled was killed. Known until another one was that sat on the same seat. */
export function wasKilled({ words, seats }: Monitor, identity: number): boolean {
  const record = seats.recordAt(seatOf(identity));
  return record !== 0 && words.load(record + KILLED) === identity;
}

/** Takes a node out of its line, or gives back what it was granted. */
function leaveLine(monitor: Monitor, node: number): void {
  const { words } = monitor;
  const object = words.load(node + OBJECT) >>> 0;
  endDelivery(words, node);
  const serial = (words.load(node + STATE) & ~(SERIAL_STEP - 1)) + SERIAL_STEP;
  const left = serial | (isOnItsWay(monitor, node) ? LOST : FREE);
  if (object === 0) {
    words.store(node + STATE, left);
    return;
  }
  monitor.enter(object);
  const stands = monitor.read(node + LIST) !== 0;
  if (stands) remove(monitor, node);
  const reclaim =
    stands || monitor.read(node + ANSWER) !== NONE ? reclaimOf(monitor.read(object + KIND)) : undefined;
  reclaim?.(monitor, object, node);
  // It is no longer anything at that object: a LOST one may be looked at again.
  monitor.store(node + OBJECT, 0);
  monitor.store(node + STATE, left);
  monitor.leave();
}

/** From now on, who has granted the node does not tell it; or has begun to. */
function endDelivery(words: Words, node: number): void {
  for (;;) {
    const state = words.load(node + STATE);
    if ((state & PHASE_MASK) !== WAITING) return;
    if (words.compareExchange(node + STATE, state, (state & ~(SERIAL_STEP - 1)) | LOST) === state) return;
  }
}

/** N3. Whether somebody who has granted the node may yet put it into the inbox: he has it on his list until he has done so. */
function isOnItsWay({ words, seats }: Monitor, node: number): boolean {
  if ((words.load(node + OWNER) & 1) === 0) return false;
  for (const seat of seats) {
    const record = seats.recordAt(seat);
    const count = record === 0 ? 0 : words.load(record + GRANT_COUNT);
    for (let i = 0; i < count; i++) if (words.load(record + GRANTS + 8 * i) >>> 0 === node) return true;
  }
  return false;
}

/** Tells a thread to look after what it waits for: E3, E4. */
export function tellToLook(words: Words, record: number): void {
  words.store(record + LOOK, 1);
  const inbox = new DoneList(words, record + INBOX);
  inbox.awake();
  words.notify(inbox.address);
  for (const node of nodesOf(words, record)) {
    const state = words.load(node + STATE);
    const isBlocked = (state & PHASE_MASK) === WAITING && (words.load(node + OWNER) & 1) === 0;
    if (isBlocked) tellBlocked(words, node, state);
  }
}

/** E3. */
function tellBlocked(words: Words, node: number, state: number): void {
  const group = words.load(node + GROUP) >>> 0;
  if (group !== 0 && isOpen(words.load(group))) words.compareExchange(group, OPEN, OPEN_LOOK);
  words.compareExchange(node + STATE, state, state | LOOK_FLAG);
  words.notify(node + STATE);
  if (group !== 0) words.notify(group);
}
