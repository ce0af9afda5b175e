/**
 * Sections: changes of a shared object that happen whole or not at all, even if the thread dies in the middle.
 *
 * Source: C. A. R. Hoare, "Monitors" (1974), for the shape; the undo log is that of a database.
 * Departs from them: what a dead thread has left half done is undone, by whoever settles its end, from a journal in
 * shared memory; and those who wait are granted what they wait for, and woken, only when the section is committed.
 *
 * @packageDocumentation
 */
import { DoneList, seatOf, type Seats, type Words } from "#heap";
import { GATE } from "../objects/header.ts";
import { EndWords, ownerOfEnd, settleEndWords } from "./end-words.ts";
import { ANSWER, granted, GROUP, isOpen, LOOK_FLAG, OWNER, PHASE_MASK, STATE, WAITING } from "./node.ts";
import {
  GATE_COUNT,
  GATES,
  GRANT_COUNT,
  GRANTS,
  INBOX,
  JOURNAL,
  MAX_CHANGES,
  MAX_GATES,
  MAX_GRANTS,
  UNDO_COUNT,
} from "./record.ts";
import { remove } from "./wait-list.ts";

/** In a gate's word, beside the seat of the owner plus 1: somebody may sleep. */
const SLEEPERS = 1 << 30;

/** So many changes leave room for all that one section does beside tidying up. */
const FEW_CHANGES = 64;

/** The seat of a gate's owner; -1 if nobody owns it. */
const gateOwner = (gate: number): number => (gate & ~SLEEPERS) - 1;

/** The thread that a monitor works for. */
export interface Sitter {
  readonly words: Words;
  readonly seats: Seats;
  readonly seat: number;
  readonly identity: number;
  /** The record of the seat. */
  readonly record: number;
}

export interface MonitorOptions {
  /** How often a thread looks at a gate, or an end, before it sleeps. */
  readonly spins: number;
  /** So long it sleeps before it looks whether the owner has died. */
  readonly sleepMs: number;
  /** As `sleepMs`, before an end, where nobody is woken. 0: it never sleeps there. */
  readonly endSleepMs: number;
  /** Called when a gate does not open for long: settles the end of its owner, if that has died. */
  readonly onStuck: (seat: number) => void;
}

/**
 * One thread's way into shared objects.
 *
 * ```text
 *       enter              commit (undo count 0)        gates opened, grants delivered
 * out ─────────▶ inside ─────────────────────────▶ committed ───────────────────────────▶ out
 *                  │ write, store, grant                │
 *                  ▼ the thread dies                    ▼ the thread dies
 *             undone, gates opened              gates opened, grants delivered       by who settles its end
 * ```
 *
 * - M1: the plain words of an object, and of the nodes in its lists, change only within a section on it.
 * - M2: each change is in the journal before it is made, and the journal is emptied by one write. So until that write
 *   nothing has happened, and after it everything has.
 * - M3: a node is delivered after the commit, and until then no waiter sees that it was granted.
 * - M4: ends that were taken are left after the commit, and before the gates open, so who finds a gate open finds them moved.
 * - M5: the record names an object from before its gate is taken until after its grants are delivered.
 *
 * What others may see at any moment without the gate is written by {@link store}; it is as a section that dies has
 * left it until its end is settled, and so must be harmless to see. What others may *change* without the gate is no
 * matter for the journal: undoing would overwrite what they wrote. So a flag that keeps others from changing a word is
 * taken off only in a section that {@link isUntouched}, by a write that is not journaled.
 */
export class Monitor {
  readonly words: Words;
  readonly seats: Seats;
  readonly identity: number;
  /** Given the nodes of this thread's own asynchronous waits, once they are granted. */
  onGranted: (node: number) => void = () => {};
  readonly #seat: number;
  readonly #record: number;
  readonly #options: MonitorOptions;
  readonly #ends: EndWords;
  /** What is to be done once the section is committed. */
  #afterwards: (() => void)[] = [];
  #gates = 0;
  #changes = 0;
  #grants = 0;

  constructor(sitter: Sitter, options: MonitorOptions) {
    this.words = sitter.words;
    this.seats = sitter.seats;
    this.identity = sitter.identity;
    this.#seat = sitter.seat;
    this.#record = sitter.record;
    this.#options = options;
    this.#ends = new EndWords(sitter.words, sitter.record, sitter.seat, options.spins);
  }

  /** What takes and leaves ends outside of sections. */
  get ends(): EndWords {
    return this.#ends;
  }

  /** Begins a section on an object. Nothing in it may run user code, or wait. */
  enter(object: number): void {
    if (this.#gates === MAX_GATES) throw new RangeError(`A section can hold ${MAX_GATES} objects at most`);
    // M5.
    this.words.poke(this.#record + GATES + 4 * this.#gates++, object | 0);
    this.words.poke(this.#record + GATE_COUNT, this.#gates);
    const gate = object + GATE;
    if (this.words.compareExchange(gate, 0, this.#seat + 1) !== 0) this.#enterLate(gate);
  }

  /** As `enter`, for several objects at once, in ascending order and each once. */
  enterAll(objects: readonly number[]): void {
    for (const object of objects) this.enter(object);
  }

  /** A plain word of the object, or of a node in its lists. */
  read(address: number): number {
    return this.words.peek(address);
  }

  /** Writes a word that nobody else looks at yet. */
  poke(address: number, value: number): void {
    this.words.poke(address, value);
  }

  /** Changes a plain word. */
  write(address: number, value: number): void {
    this.#note(address, this.words.peek(address));
    this.words.poke(address, value);
  }

  /** Changes a word that others look at without the gate. */
  store(address: number, value: number): void {
    this.#note(address, this.words.load(address));
    this.words.store(address, value);
  }

  /** Whether nothing has been changed in this section yet. */
  get isUntouched(): boolean {
    return this.#changes === 0;
  }

  /**
   * Takes an end for the rest of the section, and gives its position. Whoever takes several at once does so in one order.
   */
  takeEnd(word: number): number {
    for (let looks = 1; ; looks++) {
      const position = this.#ends.tryTakeInSection(word);
      if (position >= 0) return position;
      this.#pauseAt(word, looks);
    }
  }

  /** Waits until nobody has an end: who takes it after that has seen what this section stored before. */
  awaitEnd(word: number): void {
    for (let looks = 1; ownerOfEnd(this.words.load(word)) >= 0; looks++) this.#pauseAt(word, looks);
  }

  /** Moves an end that was taken in this section. Others see it when the section is committed. */
  moveEnd(word: number, position: number): void {
    const place = this.#ends.placeOf(word);
    this.#note(place, this.words.peek(place));
    this.words.poke(place, position);
  }

  /** Has something done once the section is committed; not if it is rolled back, or its thread dies before that. */
  afterwards(action: () => void): void {
    this.#afterwards.push(action);
  }

  /** Whether one more wait can be granted in this section. */
  get hasRoom(): boolean {
    return this.#grants < MAX_GRANTS;
  }

  /**
   * Grants a node in a list what it waits for, and takes it out. False, and only taken out, if another wait of its
   * group has won.
   */
  grant(node: number, answer: number): boolean {
    remove(this, node);
    if (!this.claim(node)) return false;
    this.write(node + ANSWER, answer);
    const { words } = this;
    const place = this.#record + GRANTS + 8 * this.#grants++;
    words.poke(place, node | 0);
    words.poke(place + 4, words.load(node + STATE) & ~LOOK_FLAG);
    words.poke(this.#record + GRANT_COUNT, this.#grants);
    return true;
  }

  /** Makes a node the winner of its group. A section that died after it leaves a claim that only this node can use. */
  claim(node: number): boolean {
    const group = this.words.peek(node + GROUP) >>> 0;
    if (group === 0) return true;
    for (;;) {
      const before = this.words.load(group);
      if (!isOpen(before)) return before >>> 0 === node;
      if (this.words.compareExchange(group, before, node | 0) === before) return true;
    }
  }

  /** Whether another wait of the node's group has won for good: its owner was told. */
  isOver(node: number): boolean {
    const winner = this.words.load(this.words.peek(node + GROUP) >>> 0);
    return !isOpen(winner) && (this.words.load((winner >>> 0) + STATE) & PHASE_MASK) !== WAITING;
  }

  /** Whether what need not be done may be done in this section, too. */
  get isShort(): boolean {
    return this.#changes < FEW_CHANGES;
  }

  /** Ends the section: all that was changed in it has happened. */
  leave(): void {
    this.#commit();
    this.#forget();
  }

  /** Ends the section as if it had not been begun. For errors. */
  rollBack(): void {
    const { words } = this;
    for (let i = this.#changes - 1; i >= 0; i--) {
      const place = this.#record + JOURNAL + 8 * i;
      words.store(words.peek(place) >>> 0, words.peek(place + 4));
    }
    this.#grants = 0;
    this.#afterwards = [];
    words.poke(this.#record + GRANT_COUNT, 0);
    this.leave();
  }

  /** Ends the section and begins the next one on the same single object: for what is too much for one. */
  goOn(): void {
    this.#commit();
    const gate = (this.words.peek(this.#record + GATES) >>> 0) + GATE;
    if (this.words.compareExchange(gate, 0, this.#seat + 1) !== 0) this.#enterLate(gate);
  }

  #commit(): void {
    const { words } = this;
    // M2.
    if (this.#changes > 0) words.poke(this.#record + UNDO_COUNT, 0);
    this.#changes = 0;
    this.#ends.leaveAll();
    for (let i = this.#gates - 1; i >= 0; i--) {
      openGate(words, (words.peek(this.#record + GATES + 4 * i) >>> 0) + GATE);
    }
    if (this.#grants > 0) this.#deliverAll();
    if (this.#afterwards.length > 0) this.#doAfterwards();
  }

  #deliverAll(): void {
    const { words } = this;
    // Delivery may lead to a section of its own only later: whoever is told just makes a note.
    const grants = this.#grants;
    this.#grants = 0;
    for (let i = 0; i < grants; i++) {
      const place = this.#record + GRANTS + 8 * i;
      this.deliver(words.peek(place) >>> 0, words.peek(place + 4));
    }
    words.poke(this.#record + GRANT_COUNT, 0);
  }

  #doAfterwards(): void {
    const actions = this.#afterwards;
    this.#afterwards = [];
    for (const action of actions) action();
  }

  #forget(): void {
    this.#gates = 0;
    this.words.poke(this.#record + GATE_COUNT, 0);
  }

  /** Tells the owner of a node that it was granted, if it still is in that waiting state. */
  deliver(node: number, waiting: number): void {
    const { words } = this;
    // N2. The owner may use the node for something else as soon as it is told.
    const owner = words.load(node + OWNER);
    const group = words.load(node + GROUP) >>> 0;
    for (let state = words.load(node + STATE); ; state = words.load(node + STATE)) {
      if ((state & ~LOOK_FLAG) !== waiting) return;
      if (words.compareExchange(node + STATE, state, granted(waiting)) === state) break;
    }
    if ((owner & 1) === 0) {
      words.notify(node + STATE);
      if (group !== 0) words.notify(group);
    } else if (owner >>> 1 === this.identity) this.onGranted(node);
    else new DoneList(words, this.seats.recordAt(seatOf(owner >>> 1)) + INBOX).push(node);
  }

  /** Before an end that another thread has. */
  #pauseAt(word: number, looks: number): void {
    const { words } = this;
    const { spins, endSleepMs, onStuck } = this.#options;
    words.pause();
    if (endSleepMs === 0 || looks <= spins) return;
    const seen = words.load(word);
    const owner = ownerOfEnd(seen);
    if (owner >= 0 && words.wait(word, seen, endSleepMs) === "timed-out") onStuck(owner);
  }

  #note(address: number, before: number): void {
    if (this.#changes === MAX_CHANGES)
      throw new RangeError(`A section can change ${MAX_CHANGES} words at most`);
    const { words } = this;
    const place = this.#record + JOURNAL + 8 * this.#changes++;
    words.poke(place, address | 0);
    words.poke(place + 4, before);
    words.poke(this.#record + UNDO_COUNT, this.#changes);
  }

  #enterLate(gate: number): void {
    const { words } = this;
    const { spins, sleepMs, onStuck } = this.#options;
    const mine = this.#seat + 1;
    for (let i = 0; i < spins; i++) {
      if (words.load(gate) === 0 && words.compareExchange(gate, 0, mine) === 0) return;
      words.pause();
    }
    // Who has slept leaves the flag behind, for there may be others: one needless ring at worst.
    for (;;) {
      const before = words.load(gate);
      if (before === 0) {
        if (words.compareExchange(gate, 0, mine | SLEEPERS) === 0) return;
      } else if (
        (before & SLEEPERS) !== 0 ||
        words.compareExchange(gate, before, before | SLEEPERS) === before
      ) {
        if (words.wait(gate, before | SLEEPERS, sleepMs) === "timed-out") onStuck(gateOwner(before));
      }
    }
  }
}

/** Opens a gate, and wakes one who sleeps before it. */
function openGate(words: Words, gate: number): void {
  if ((words.exchange(gate, 0) & SLEEPERS) !== 0) words.notify(gate, 1);
}

/**
 * Ends what a thread was about when it died: undoes a section that was not committed, completes one that was.
 *
 * Whoever dies in here leaves the record as it is for the next: everything in it can be done twice.
 *
 * @param monitor - Of the thread that settles, which is in no section.
 */
export function settleSections(monitor: Monitor, seat: number, record: number): void {
  const { words } = monitor;
  const undoCount = words.load(record + UNDO_COUNT);
  for (let i = undoCount - 1; i >= 0; i--) {
    const place = record + JOURNAL + 8 * i;
    words.store(words.load(place) >>> 0, words.load(place + 4));
  }
  if (undoCount > 0) words.store(record + GRANT_COUNT, 0);
  words.store(record + UNDO_COUNT, 0);
  settleEndWords(words, record, seat);
  const gateCount = words.load(record + GATE_COUNT);
  for (let i = 0; i < gateCount; i++) {
    const gate = (words.load(record + GATES + 4 * i) >>> 0) + GATE;
    if (gateOwner(words.load(gate)) === seat) words.store(gate, 0);
    // It may have died after it opened the gate, or was woken at it.
    words.notify(gate);
  }
  const grantCount = words.load(record + GRANT_COUNT);
  for (let i = 0; i < grantCount; i++) {
    const place = record + GRANTS + 8 * i;
    const node = words.load(place) >>> 0;
    monitor.deliver(node, words.load(place + 4));
    // It may have died between the two halves of a delivery. A needless ring does no harm.
    words.notify(node + STATE);
    const group = words.load(node + GROUP) >>> 0;
    if (group !== 0) words.notify(group);
  }
  words.store(record + GRANT_COUNT, 0);
  words.store(record + GATE_COUNT, 0);
}
