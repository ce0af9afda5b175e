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
import { WireError, type FunctionRecord } from "../wire/index.ts";
import { capture, keepsValues, recapture } from "./capture.ts";
import type { Code } from "./code.ts";
import { isImmutable } from "./immutable.ts";
import { FunctionNode, ValueNode, type Node } from "./nodes.ts";
import { propertiesOf } from "./properties.ts";
import { RecordKind, type HeapRecord, type RecordStore } from "./records.ts";
import { refuseValue } from "./refusals.ts";
import type { Scratch, ScratchMessage } from "./scratch.ts";
import { FUNCTION_HEAD_WORDS, PROPERTY_WORDS, SLOT_WORDS, SlotTag } from "./slots.ts";
import type { Sources } from "./sources.ts";

/** Stands for a function that has no record yet, where only the length of a message matters. */
const PLACEHOLDER: FunctionRecord = { address: 0, serial: 0 };

/** A node as one round sees it. */
interface Visit {
  readonly node: Node;
  /** Its record does not say what it is now. */
  isDirty: boolean;
  /** It may be different the next time. */
  mayChange: boolean;
  readonly uses: Node[];
  readonly usedBy: Visit[];
  /** Which captured variable of whom led here first. */
  readonly through: { readonly user: Visit; readonly name: string } | undefined;
  sent: readonly unknown[];
  slots: readonly Slot[];
  properties: readonly SentProperty[];
  fresh: HeapRecord | undefined;
}

/** What one name of a function is bound to. */
type Slot = { readonly tag: SlotTag; readonly node?: Node; readonly inline?: unknown };

interface SentProperty {
  readonly owner: number;
  readonly name: string;
  readonly slot: Slot;
}

/** One publication. */
export class Round {
  readonly #heap: Heap;
  readonly #store: RecordStore;
  readonly #sources: Sources;
  readonly #visits = new Map<Node, Visit>();
  readonly #queue: Visit[] = [];
  /** The visit whose value is being encoded. */
  #encoding: Visit | undefined;
  readonly #scratch: Scratch;

  constructor(heap: Heap, store: RecordStore, sources: Sources, scratch: Scratch) {
    this.#heap = heap;
    this.#store = store;
    this.#sources = sources;
    this.#scratch = scratch;
  }

  /** Publishes `root` and all that it uses. Nothing is published if that throws. */
  publish(root: FunctionNode): HeapRecord {
    this.#visit(root);
    this.#scratch.onFunction = (fn) => this.#mention(fn);
    for (const visit of this.#queue) this.#look(visit);
    this.#spread("isDirty");
    this.#spread("mayChange");
    const dirty = this.#queue.filter(({ isDirty }) => isDirty);
    this.#scratch.onFunction = (fn) => this.#sources.functionNode(fn).record ?? PLACEHOLDER;
    for (const visit of dirty) visit.fresh = this.#allocate(visit);
    this.#scratch.onFunction = (fn) => this.#recordOf(this.#sources.functionNode(fn));
    for (const visit of dirty) this.#write(visit);
    for (const { node, fresh, sent } of dirty) {
      node.record = fresh;
      if (node instanceof FunctionNode) {
        node.sent = sent;
        this.#sources.remember(node);
      }
    }
    for (const { node, mayChange } of this.#queue) if (!mayChange) node.isSettled = true;
    return root.record!;
  }

  #visit(node: Node, through?: Visit["through"]): Visit {
    let visit = this.#visits.get(node);
    if (visit === undefined) {
      visit = {
        node,
        isDirty: node.record === undefined,
        mayChange: false,
        uses: [],
        usedBy: [],
        through,
        sent: [],
        slots: [],
        properties: [],
        fresh: undefined,
      };
      this.#visits.set(node, visit);
      this.#queue.push(visit);
    }
    return visit;
  }

  #use(user: Visit, node: Node, name: string): void {
    user.uses.push(node);
    if (!node.isSettled) this.#visit(node, { user, name }).usedBy.push(user);
  }

  #look(visit: Visit): void {
    const { node } = visit;
    if (node instanceof FunctionNode) this.#lookAtFunction(visit, node);
    else if (node instanceof ValueNode) this.#lookAtValue(visit, node);
  }

  #lookAtFunction(visit: Visit, node: FunctionNode): void {
    const { fn } = node;
    const isFirst = node.captured === undefined;
    const captured = (node.captured ??= capture(fn));
    if (captured.kind === "named" || captured.kind === "exported") return;
    let values: readonly unknown[];
    if (captured.kind === "bound") {
      const { target, self, args } = captured.bound;
      values = [target, self, ...args];
    } else if (isFirst) ({ values } = captured);
    else {
      const { code } = captured;
      node.keepsValues ??= keepsValues(fn, code, captured.values);
      values = node.keepsValues ? captured.values : recapture(fn, code);
    }
    const properties = propertiesOf(fn, captured);
    const sent = [...values, ...properties.flatMap(({ owner, name, value }) => [owner, name, value])];
    const isCode = captured.kind === "code";
    if (isCode) {
      visit.mayChange = (values.length > 0 && !node.keepsValues) || properties.length > 0;
      visit.uses.push(this.#sources.code(captured.code));
    }
    if (sent.length !== node.sent.length || sent.some((value, i) => !Object.is(value, node.sent[i])))
      visit.isDirty = true;
    visit.sent = sent;
    visit.slots = this.#slots(visit, values, isCode ? captured.code : undefined);
    visit.properties = properties.map(({ owner, name, value }) => ({
      owner,
      name,
      slot: this.#slot(visit, value, name),
    }));
  }

  #slots(visit: Visit, values: readonly unknown[], code: Code | undefined): Slot[] {
    if (code === undefined)
      return values.map((value, i) => this.#slot(visit, value, i === 1 ? "this" : `bound argument ${i - 1}`));
    const slots = values.map((value, i) => {
      const { name } = code.variables[i]!;
      if (this.#sources.isRequire(value)) return { tag: SlotTag.REQUIRE };
      return this.#slot(visit, value, name, code, i);
    });
    for (const module of code.modules) {
      const node = this.#sources.module(module);
      visit.uses.push(node);
      slots.push({ tag: SlotTag.RECORD, node });
    }
    for (const special of code.specials) slots.push({ tag: SPECIALS[special] });
    return slots;
  }

  #slot(visit: Visit, value: unknown, name: string, code?: Code, index = 0): Slot {
    const node = this.#sources.node(value, code, index);
    if (node === undefined) return { tag: SlotTag.INLINE, inline: value };
    this.#use(visit, node, name);
    return { tag: SlotTag.RECORD, node };
  }

  #lookAtValue(visit: Visit, node: ValueNode): void {
    if (typeof node.value === "symbol") return;
    visit.mayChange = !isImmutable(node.value);
    const { bytes } = this.#encode(visit, node.value);
    if (node.record !== undefined && !this.#isSame(node.record, bytes)) visit.isDirty = true;
  }

  #encode(visit: Visit, value: unknown): ScratchMessage {
    const { user, name } = visit.through!;
    this.#encoding = visit;
    try {
      return this.#scratch.encode(value, name);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw refuseValue(user.node as FunctionNode, name, error);
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

  #allocate(visit: Visit): HeapRecord {
    const { node } = visit;
    if (node instanceof ValueNode) {
      if (typeof node.value === "symbol")
        return this.#sources.create(RecordKind.SYMBOL, [], node.value.description);
      // The wire says differently what it meets for the first time: only now is the message what it will be.
      const { bytes } = this.#encode(visit, node.value);
      const record = this.#store.create(RecordKind.VALUE, 0, bytes.length);
      if (visit.uses.length === 0) this.#writeTail(record, bytes);
      return record;
    }
    const { captured } = node as FunctionNode;
    if (captured!.kind === "named") return this.#sources.create(RecordKind.NAMED, [], captured!.name);
    if (captured!.kind === "exported") {
      const module = this.#sources.module(captured!.module);
      visit.uses.push(module);
      return this.#sources.create(
        RecordKind.EXPORT,
        [module.record!.address, module.record!.serial],
        captured!.path,
      );
    }
    return this.#allocateFunction(visit);
  }

  #allocateFunction({ node, slots, properties }: Visit): HeapRecord {
    const { captured } = node as FunctionNode;
    const words = FUNCTION_HEAD_WORDS + SLOT_WORDS * slots.length + PROPERTY_WORDS * properties.length;
    const inlines = [...slots, ...properties.map(({ slot }) => slot)].filter(
      ({ tag }) => tag === SlotTag.INLINE,
    );
    const tail = [...inlines.map(({ inline }) => inline), ...properties.map(({ name }) => name)];
    const { bytes } = tail.length === 0 ? { bytes: NO_BYTES } : this.#scratch.encode(tail, "captures");
    const isBound = captured!.kind === "bound";
    const isLasting = captured!.kind === "code" && captured!.code.isLasting;
    const record = this.#store.create(
      isBound ? RecordKind.BOUND : RecordKind.FUNCTION,
      words,
      bytes.length,
      isLasting,
    );
    this.#writeTail(record, bytes);
    return record;
  }

  #writeTail(record: HeapRecord, bytes: Uint8Array): void {
    const { tailStart, tailEnd } = this.#store.view(record);
    if (bytes.length !== tailEnd - tailStart)
      throw new TypeError("Cannot send a captured object: a getter of it changed it");
    this.#heap.bytesTo(tailEnd).set(bytes, tailStart);
  }

  #write(visit: Visit): void {
    const { node, uses } = visit;
    const record = visit.fresh!;
    record.parts = uses.map((used) => this.#recordOf(used));
    if (node instanceof ValueNode) {
      if (uses.length > 0) this.#writeTail(record, this.#encode(visit, node.value).bytes);
    } else if (
      visit.slots.length + visit.properties.length > 0 ||
      (node as FunctionNode).captured!.kind === "code"
    ) {
      this.#writeFunction(visit, node as FunctionNode);
    }
  }

  #writeFunction({ fresh, slots, properties }: Visit, { captured }: FunctionNode): void {
    const code = captured!.kind === "code" ? this.#sources.code(captured!.code).record! : PLACEHOLDER;
    const words = [code.address, code.serial, slots.length, properties.length];
    let inlines = 0;
    const add = ({ tag, node }: Slot): void => {
      if (tag === SlotTag.INLINE) words.push(tag, inlines++, 0);
      else if (node === undefined) words.push(tag, 0, 0);
      else words.push(tag, this.#recordOf(node).address, this.#recordOf(node).serial);
    };
    for (const slot of slots) add(slot);
    const firstName = [...slots, ...properties.map(({ slot }) => slot)].filter(
      ({ tag }) => tag === SlotTag.INLINE,
    ).length;
    properties.forEach(({ owner, slot }, i) => {
      words.push(owner, firstName + i);
      add(slot);
    });
    this.#store.write(fresh!, 0, words);
  }

  #recordOf(node: Node): HeapRecord {
    const record = this.#visits.get(node)?.fresh ?? node.record;
    if (record === undefined)
      throw new TypeError("Cannot send a captured object: a getter of it gave another function each time");
    return record;
  }
}

const NO_BYTES = new Uint8Array(0);

const SPECIALS = { call: SlotTag.CALL, import: SlotTag.IMPORT, meta: SlotTag.META } as const;
