/**
 * Publishes functions: brings the records of a function, and of all that it uses, up to date.
 *
 * A submission sees the captured variables as they are then. So each publication is a round over everything that
 * can be reached from the function and may have changed: variables that are assigned somewhere are read again,
 * captured objects are encoded again and compared with what was sent. What differs gets a new record, and so does
 * all that refers to it; the rest keeps its record, and the other threads their copy of it.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { WireError, type FunctionRecord } from "../../wire/index.ts";
import { capture, keepsValues, recapture } from "./capture.ts";
import type { Code } from "./code.ts";
import { describeFunction, PortabilityError } from "../errors.ts";
import { isImmutable } from "./immutable.ts";
import { FunctionNode, ValueNode, ViewNode, type Node } from "./nodes.ts";
import { propertiesOf } from "./properties.ts";
import type { HeapRecord, RecordStore } from "../records.ts";
import { refuseMove, refuseValue } from "../refusals.ts";
import type { Scratch, ScratchMessage } from "./scratch.ts";
import { PropertyOwner, SlotTag } from "../slots.ts";
import type { Sources } from "./sources.ts";
import { Visit, type Slot, type Through } from "./visit.ts";
import { areBytesEqual, RecordWriter } from "./write-records.ts";

/** Stands for a function that has no record yet, where only the length of a message matters. */
const PLACEHOLDER: FunctionRecord = { address: 0, serial: 0 };

const SPECIALS = {
  call: SlotTag.CALL,
  import: SlotTag.IMPORT,
  meta: SlotTag.META,
  name: SlotTag.NAME,
} as const;

/** One publication. */
export class Round {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #sources: Sources;
  readonly #scratch: Scratch;
  readonly #visits = new Map<Node, Visit>();
  readonly #queue: Visit[] = [];
  /** The visit whose value is being encoded. */
  #encoding: Visit | undefined;

  constructor(heap: Heap, store: RecordStore, sources: Sources, scratch: Scratch) {
    this.#heap = heap;
    this.#store = store;
    this.#sources = sources;
    this.#scratch = scratch;
  }

  /** Publishes `root` and all that it uses. Nothing is published if that throws. */
  publish(root: FunctionNode): HeapRecord {
    if (root.watched?.every((node) => this.#isUnchanged(node)) === true) return root.record!;
    this.#scratch.onFunction = (fn) => this.#mention(fn);
    this.#visit(root, undefined);
    for (const visit of this.#queue) this.#look(visit, root);
    this.#spread("isDirty");
    this.#spread("mayChange");
    const dirty = this.#queue.filter(({ isDirty }) => isDirty);
    if (dirty.length > 0) this.#write(dirty);
    for (const { node, mayChange } of this.#queue) if (!mayChange) node.isSettled = true;
    root.watched = this.#watchable();
    return root.record!;
  }

  /** The captured objects to look at the next time, if that is all there is to look at. */
  #watchable(): readonly ValueNode[] | undefined {
    const nodes = this.#queue.filter(({ node }) => !node.isSettled).map(({ node }) => node);
    const isSimple = (node: Node): boolean =>
      node instanceof ValueNode ||
      (node instanceof FunctionNode && node.keepsValues === true && !node.hasProperties);
    return nodes.every(isSimple) ? nodes.filter((node) => node instanceof ValueNode) : undefined;
  }

  /** Whether a captured object is what its record says. */
  #isUnchanged({ value, record, bytesAt }: ValueNode): boolean {
    if (bytesAt !== undefined && ArrayBuffer.isView(value)) return this.#hasBytes(record!, bytesAt, value);
    this.#scratch.onFunction = (fn) => this.#sources.functionNode(fn).record ?? PLACEHOLDER;
    try {
      const { bytes, sideItems } = this.#scratch.encode(value, "value");
      return this.#isSame(record!, bytes) && areSame(record!.sideItems, sideItems);
    } catch {
      // Said properly when all is looked at.
      return false;
    }
  }

  #hasBytes(record: HeapRecord, at: number, view: ArrayBufferView): boolean {
    const { tailStart, tailEnd } = this.#store.view(record);
    const start = tailStart + at;
    const bytes = this.#heap.bytesTo(tailEnd).subarray(start, Math.min(tailEnd, start + view.byteLength));
    return areBytesEqual(view, bytes);
  }

  #visit(node: Node, through: Through | undefined): Visit {
    let visit = this.#visits.get(node);
    if (visit === undefined) {
      visit = new Visit(node, through);
      this.#visits.set(node, visit);
      this.#queue.push(visit);
    }
    return visit;
  }

  #use(user: Visit, node: Node, name: string): void {
    user.uses.push(node);
    if (!node.isSettled) this.#visit(node, { user, name }).usedBy.push(user);
  }

  #look(visit: Visit, root: FunctionNode): void {
    const { node } = visit;
    try {
      if (node instanceof FunctionNode) this.#lookAtFunction(visit, node);
      else if (node instanceof ViewNode) this.#lookAtView(visit, node);
      else if (node instanceof ValueNode) this.#lookAtValue(visit, node);
    } catch (error) {
      const isOther = error instanceof PortabilityError && error.functionName !== describeFunction(root.fn);
      throw isOther ? error.toldOf({ neededBy: describeFunction(root.fn) }) : error;
    }
  }

  #lookAtFunction(visit: Visit, node: FunctionNode): void {
    const { fn } = node;
    const isFirst = node.captured === undefined;
    const captured = (node.captured ??= capture(fn));
    if (captured.kind === "bound") {
      const { target, self, args } = captured.bound;
      visit.slots = [target, self, ...args].map((value, i) =>
        this.#slot(visit, value, i === 1 ? "this" : `bound argument ${i - 1}`),
      );
    } else if (captured.kind === "code") {
      const { code } = captured;
      let { values } = captured;
      if (!isFirst) {
        node.keepsValues ??= keepsValues(fn, code, values);
        if (!node.keepsValues) node.captured = { ...captured, values: (values = recapture(fn, code)) };
      }
      this.#lookAtCode(visit, node, code, values);
    }
  }

  #lookAtCode(visit: Visit, node: FunctionNode, code: Code, values: readonly unknown[]): void {
    const properties = propertiesOf(node.fn, code);
    node.hasProperties = properties.length > 0;
    visit.mayChange = (values.length > 0 && node.keepsValues !== true) || properties.length > 0;
    visit.uses.push(this.#sources.code(code));
    visit.slots = [
      ...values.map((value, i) => this.#captured(visit, value, code, i)),
      ...code.modules.map((module) => this.#slotOf(visit, this.#sources.module(module))),
      ...code.specials.map((special) => ({ tag: SPECIALS[special] })),
    ];
    visit.properties = properties.map(({ owner, name, value }) => ({
      owner,
      name,
      slot: this.#slot(visit, value, name),
    }));
    this.#compare(visit, [
      ...values,
      ...properties.flatMap(({ owner, name, value }) => [owner, name, value]),
    ]);
  }

  #captured(visit: Visit, value: unknown, code: Code, index: number): Slot {
    if (this.#sources.isRequire(value)) return { tag: SlotTag.REQUIRE };
    return this.#slot(visit, value, code.variables[index]!.name, code, index);
  }

  #slot(visit: Visit, value: unknown, name: string, code?: Code, index = 0): Slot {
    const node = this.#sources.node(value, code, index);
    if (node === undefined) return { tag: SlotTag.INLINE, inline: value };
    if (node instanceof ValueNode && code?.variables[index]!.isLasting === true) node.isLasting = true;
    this.#use(visit, node, name);
    return { tag: SlotTag.RECORD, node };
  }

  #slotOf(visit: Visit, node: Node): Slot {
    visit.uses.push(node);
    return { tag: SlotTag.RECORD, node };
  }

  #compare(visit: Visit, sent: readonly unknown[]): void {
    if (!areSame(sent, (visit.node as FunctionNode | ViewNode).sent)) visit.isDirty = true;
    visit.sent = sent;
  }

  #lookAtView(visit: Visit, { module, members }: ViewNode): void {
    const values = members.map((member) => (module as Record<string, unknown>)[member]);
    visit.mayChange = true;
    visit.properties = members.map((name, i) => ({
      owner: PropertyOwner.FUNCTION,
      name,
      slot: this.#slot(visit, values[i], name),
    }));
    this.#compare(visit, values);
  }

  #lookAtValue(visit: Visit, { value, record }: ValueNode): void {
    if (typeof value === "symbol") return;
    visit.mayChange = !isImmutable(value);
    const { bytes, sideItems, handles, moves } = this.#encode(visit, value);
    if (moves) throw refuseMove(visit.through!);
    visit.sideItems = [...sideItems];
    visit.handles = handles;
    if (record !== undefined && !(this.#isSame(record, bytes) && areSame(record.sideItems, sideItems))) {
      visit.isDirty = true;
    }
  }

  #encode(visit: Visit, value: unknown): ScratchMessage {
    this.#encoding = visit;
    try {
      return this.#scratch.encode(value, visit.through!.name);
    } catch (error) {
      throw error instanceof WireError ? refuseValue(visit.through!, error) : error;
    } finally {
      this.#encoding = undefined;
    }
  }

  /** Whether a record's tail is equal to `bytes`. */
  #isSame(record: HeapRecord, bytes: Uint8Array): boolean {
    const { tailStart, tailEnd } = this.#store.view(record);
    if (tailEnd - tailStart !== bytes.length) return false;
    return Buffer.compare(bytes, this.#heap.bytesTo(tailEnd).subarray(tailStart, tailEnd)) === 0;
  }

  /** A function in a value that is being looked at. */
  #mention(fn: Function): FunctionRecord {
    const node = this.#sources.functionNode(fn);
    this.#use(this.#encoding!, node, this.#encoding!.through!.name);
    return node.record ?? PLACEHOLDER;
  }

  /** Whatever uses something with the mark gets the mark. */
  #spread(mark: "isDirty" | "mayChange"): void {
    const marked = this.#queue.filter((visit) => visit[mark]);
    for (const { usedBy } of marked) {
      for (const user of usedBy) {
        if (user[mark]) continue;
        user[mark] = true;
        marked.push(user);
      }
    }
  }

  /** Gives new records to all that is dirty: first room, so that they can refer to each other, then content. */
  #write(dirty: readonly Visit[]): void {
    const writer = new RecordWriter(this.#heap, this.#store, this.#sources, this.#scratch, (node) =>
      this.#recordOf(node),
    );
    this.#scratch.onFunction = (fn) => this.#sources.functionNode(fn).record ?? PLACEHOLDER;
    for (const visit of dirty) visit.fresh = writer.allocate(visit);
    this.#scratch.onFunction = (fn) => this.#recordOf(this.#sources.functionNode(fn));
    for (const visit of dirty) writer.write(visit);
    for (const { node, fresh, sent } of dirty) {
      node.record = fresh;
      if (node instanceof FunctionNode) this.#sources.remember(node);
      if (node instanceof FunctionNode || node instanceof ViewNode) node.sent = sent;
      if (fresh!.sideItems.length > 0) this.#sources.side.offer(fresh!);
    }
    // The first one is the root, which holds all others.
    this.#store.holdInTransit(this.#queue[0]!.node.record!);
  }

  #recordOf(node: Node): HeapRecord {
    const record = this.#visits.get(node)?.fresh ?? node.record;
    if (record === undefined) {
      throw new TypeError("Cannot send a captured object: a getter of it gave another function each time");
    }
    return record;
  }
}

function areSame(values: readonly unknown[], others: readonly unknown[]): boolean {
  return values.length === others.length && values.every((value, i) => Object.is(value, others[i]));
}
