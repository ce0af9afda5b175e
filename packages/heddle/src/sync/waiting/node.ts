/**
 * One wait of one thread.
 *
 * @packageDocumentation
 */

/**
 * A node, as others see it. Nodes are never given back to the heap, so a late ring always meets a node.
 *
 * ```text
 * bytes  name    values                                             written by
 * 0      link    the next node in the owner's inbox                 whoever granted it, then its owner
 * 4      state   serial << 3 | LOOK flag | phase                    see below
 * 8      next    the node behind it in its list                     gate holders
 * 12     prev    the node before it                                 gate holders
 * 16     list    the list it stands in; 0: none                     gate holders
 * 20     object  what it waits at; 0 once its owner has what it     owner, before it stands in line, and
 *                was granted, though it may be told so again        after it was granted
 * 24     owner   identity of the owner << 1 | 1 if asynchronous     owner, before it stands in line
 * 28     want    what it waits for; the object knows what it means  owner, before it stands in line
 * 32     answer  what the granter says; NONE before                 owner; gate holders
 * 36     group   the word that says which of several waits won; 0   owner, before it stands in line
 * 40     …       24 bytes for the object: an item on its way        owner, gate holders
 *
 *       take             deliver, by whoever granted it
 * FREE ──────▶ WAITING ──────────────────────────────▶ GRANTED
 *   ▲             │ withdrawn by the owner                │ seen by the owner
 *   └─────────────┴───────────────────────────────────────┘ with the next serial
 * ```
 *
 * - N1: a node leaves its list in the section that grants it, and is delivered after that section is committed. So
 *   who holds the gate and finds the node out of its list knows that it was granted, or never stood there.
 * - N2: the serial makes a delivery that comes twice, or too late, meet another state, and do nothing.
 * - N3: a delivery has two halves, the state and the inbox. A node whose owner ended between them is LOST, and is used again
 *   only once it has come out of the inbox of its seat, or nobody has it on his list of grants any more.
 */
export const NODE_BYTES = 64;

export const STATE = 4;
export const NEXT = 8;
export const PREV = 12;
export const LIST = 16;
export const OBJECT = 20;
export const OWNER = 24;
export const WANT = 28;
export const ANSWER = 32;
export const GROUP = 36;
export const CELL = 40;

export const FREE = 0;
export const WAITING = 1;
export const GRANTED = 2;
/** Its thread has ended, and who granted it may yet put it into the inbox of whoever sits there next: N3. */
export const LOST = 3;
export const PHASE_MASK = 3;
/** In a waiting state: a thread has ended, so look after what you wait for. */
export const LOOK_FLAG = 4;
export const SERIAL_STEP = 8;

/** No answer yet. */
export const NONE = -1;

/** In a group's word: none of its waits has won yet. Else the node that has. */
export const OPEN = 1;
/** The same, and its owner is to look after what it waits for. */
export const OPEN_LOOK = 3;
export const isOpen = (group: number): boolean => group === OPEN || group === OPEN_LOOK;

/** The state that a waiting node has once it is granted. */
export const granted = (waiting: number): number => (waiting & ~(PHASE_MASK | LOOK_FLAG)) | GRANTED;
