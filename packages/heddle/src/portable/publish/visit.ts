/** What one publication finds out about a node. */
import type { Node } from "./nodes.ts";
import type { HeapRecord, KeptHandle } from "../records.ts";
import type { SlotTag } from "../slots.ts";

/** What one name of a function is bound to. */
export interface Slot {
  readonly tag: SlotTag;
  /** For RECORD: whose record. */
  readonly node?: Node;
  /** For INLINE: the value. */
  readonly inline?: unknown;
}

/** A property that is sent along with a function, or is all that is sent of a module. */
export interface SentProperty {
  readonly owner: number;
  readonly name: string;
  readonly slot: Slot;
}

/** How a captured value was come by. */
export interface Through {
  readonly user: Visit;
  readonly name: string;
}

/** A node as one publication sees it. */
export class Visit {
  readonly node: Node;
  /** Which captured variable of whom led here first. */
  readonly through: Through | undefined;
  /** The record, if there is one, does not say what the node is now. */
  isDirty: boolean;
  /** It may be different the next time. */
  mayChange = false;
  readonly uses: Node[] = [];
  readonly usedBy: Visit[] = [];
  /** What the record will say, for comparison with the next one. */
  sent: readonly unknown[] = [];
  sideItems: readonly unknown[] = [];
  handles: readonly KeptHandle[] = [];
  slots: readonly Slot[] = [];
  properties: readonly SentProperty[] = [];
  /** The new record, if there is to be one. */
  fresh: HeapRecord | undefined = undefined;

  constructor(node: Node, through: Through | undefined) {
    this.node = node;
    this.through = through;
    this.isDirty = node.record === undefined;
  }
}
