/**
 * Writes values. The commonest kinds are found here; the others through one look at the prototype.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import type { Transferable } from "node:worker_threads";
import { writeArray, writeDense } from "../kinds/arrays.ts";
import { describeOne, oneOf } from "../describe.ts";
import { WireError } from "../errors.ts";
import type { FunctionRecord, Grow, Region, WireHooks } from "../hooks.ts";
import { Identities } from "./identities.ts";
import { writePlain } from "../kinds/objects.ts";
import { writeOther } from "../kinds/others.ts";
import { Output } from "./output.ts";
import type { Pack } from "../packet.ts";
import { writeEmpty } from "./postpone.ts";
import { MessageShapes } from "./shapes.ts";
import { SOME_OBJECT } from "./shape-writers.ts";
import { writeProxy } from "../kinds/proxies.ts";
import { writeStandIn } from "../kinds/stand-ins.ts";
import { Site } from "./site.ts";
import * as tag from "../tags.ts";
import { MAX_DEPTH, POSTPONE_DEPTH, Trail, type Waypoint } from "./trail.ts";
import { unmark } from "../kinds/transfer.ts";

const { isProxy } = types;
const { getPrototypeOf } = Object;
const OBJECT_PROTOTYPE = Object.prototype;
const ARRAY_PROTOTYPE = Array.prototype;
/** Has what all objects inherit: V8 lists that at once where it looks long at a prototype itself. */
const EMPTY = {};

/** Where a writer stood, to go back to. */
export interface Mark {
  readonly used: number;
  readonly text: number;
  readonly objects: number;
  readonly shapes: number;
  readonly sideItems: number;
  readonly transfers: number;
  readonly settlers: number;
  readonly depth: number;
}

export class Writer extends Output {
  readonly hooks: WireHooks;
  readonly pack: Pack;

  readonly identities: Identities = new Identities();
  readonly shapes: MessageShapes;
  readonly trail: Trail = new Trail();
  /** Every object says its own keys, no shapes are used. */
  spellsOut = false;
  /** Plain objects have shapes, and nothing stands for an object but itself. */
  takesShortcuts = true;
  /** Objects are referred to by number: one was met twice, or its contents come later. */
  hasReferences = false;
  /** Contents may come later. Not in what may have to be taken back. */
  mayPostpone = true;
  /** ArrayBuffers of this size and above are not written, but copied and moved beside the bytes. */
  copiesAsideFrom: number = Infinity;
  goesAside: (byteLength: number) => boolean = () => true;
  /** There is nothing beside the bytes. */
  isAlone = false;
  /** The same is sent to several threads: nothing of it may leave this one. */
  isForSeveral = false;
  /** The message leaves the process: nothing in it may be of the heap that the threads of this one share. */
  isAbroad = false;
  readonly sideItems: unknown[] = [];
  readonly transferList: Transferable[] = [];

  readonly #hasStandIns: boolean;
  /** Where messages begin. */
  readonly #root: Site = new Site(new Site());
  readonly #postponed: { readonly object: object; readonly from: Waypoint }[] = [];
  readonly #settlers: ((isSent: boolean) => void)[] = [];
  /** The last function that was published in this message. */
  #function: Function | undefined = undefined;
  #record: FunctionRecord | undefined = undefined;
  /** The last class of an instance in this message. */
  #class: Function | undefined = undefined;
  #classRecord: FunctionRecord | undefined = undefined;

  constructor(hooks: WireHooks, grow: Grow, pack: Pack) {
    super(grow);
    this.hooks = hooks;
    this.shapes = new MessageShapes(hooks.shapes);
    this.pack = pack;
    this.#hasStandIns = hooks.standIn !== undefined;
  }

  /**
   * Begins a message. Gives the place for its first value.
   *
   * @param spellsOut - Use no shapes. So it is in any case where somebody gave all objects an enumerable property: own
   * keys must be told from inherited ones then.
   */
  begin(region: Region, path: string, spellsOut: boolean): number {
    this.use(region);
    this.trail.origin = path;
    this.hasReferences = false;
    this.isOutOfRoom = false;
    this.forgetText();
    this.dropItems();
    this.shapes.begin();
    this.spellsOut = spellsOut;
    for (const _ in EMPTY) this.spellsOut = true;
    this.takesShortcuts = !this.spellsOut && !this.#hasStandIns;
    return this.room(this.start, tag.HEADER_BYTES) + tag.HEADER_BYTES;
  }

  /** Writes what was put off, and what is put off meanwhile. */
  postponed(at: number): number {
    if (this.#postponed.length === 0) return at;
    for (const { object, from } of this.#postponed) {
      this.trail.origin = from;
      at = this.contents(object, at);
    }
    return at;
  }

  /** Ends a message, written to its end or not: uses up the marks of what is moved, lets go of every object. */
  finish(isSent: boolean): void {
    if (isSent) for (const moved of this.transferList) unmark(moved);
    else this.dropItems();
    if (this.#settlers.length > 0) this.#settle(0, isSent);
    if (this.#postponed.length > 0) this.#postponed.length = 0;
    if (this.identities.count > 0) this.identities.rewind(0);
    this.trail.clear();
    this.#function = undefined;
    this.#record = undefined;
    this.#class = undefined;
    this.#classRecord = undefined;
  }

  mark(at: number): Mark {
    return {
      used: at - this.start,
      text: this.textLength,
      objects: this.identities.count,
      shapes: this.shapes.count,
      sideItems: this.sideItems.length,
      transfers: this.transferList.length,
      settlers: this.#settlers.length,
      depth: this.trail.depth,
    };
  }

  /** Undoes what was written since `mark`. Gives the place to write at. */
  rewind(mark: Mark): number {
    if (this.textLength > mark.text) this.rewindText(mark.text);
    this.identities.rewind(mark.objects);
    this.shapes.rewind(mark.shapes);
    this.trail.depth = mark.depth;
    this.#drop(mark.sideItems, mark.transfers);
    this.#settle(mark.settlers, false);
    return this.start + mark.used;
  }

  /** Lets go of all that the last message had beside its bytes. */
  dropItems(): void {
    this.#drop(0, 0);
  }

  #drop(sideItems: number, transfers: number): void {
    if (this.sideItems.length > sideItems) this.sideItems.length = sideItems;
    if (this.transferList.length > transfers) this.transferList.length = transfers;
  }

  /** Calls back when the message is complete, or this part of it given up. */
  onSettled(settler: (isSent: boolean) => void): void {
    this.#settlers.push(settler);
  }

  #settle(from: number, isSent: boolean): void {
    for (const settler of this.#settlers.splice(from)) settler(isSent);
  }

  value(value: unknown, at: number): number {
    if (typeof value === "number") return this.number(value, at);
    if (typeof value === "string") return this.string(value, at);
    if (typeof value === "object") return value === null ? this.byte(tag.NULL, at) : this.object(value, at);
    if (typeof value === "boolean") return this.byte(value ? tag.TRUE : tag.FALSE, at);
    if (value === undefined) return this.byte(tag.UNDEFINED, at);
    return writeOther(this, value, at);
  }

  /** The value of the message. */
  root(value: unknown, at: number): number {
    if (typeof value !== "object" || value === null) return this.value(value, at);
    const { first } = this.#root;
    const after =
      first === undefined || !this.takesShortcuts || isProxy(value) || Array.isArray(value)
        ? -1
        : first(this, value, at, SOME_OBJECT);
    return after >= 0 ? after : this.object(value, at, this.#root);
  }

  /** @param site - Where it stands, if others like it may have stood there. */
  object(value: object, at: number, site?: Site): number {
    const met = this.identities.meet(value);
    if (met >= 0) return this.reference(met, at);
    if (this.#hasStandIns) {
      const plain = this.hooks.standIn!(value);
      if (plain !== undefined) return writeStandIn(this, tag.STAND_IN, plain, at);
    }
    if (isProxy(value)) return writeProxy(this, value, at);
    if (this.trail.depth >= POSTPONE_DEPTH && this.mayPostpone) return this.#deepObject(value, at);
    return this.contents(value, at, site);
  }

  /** An object that is no proxy, and no array, at a place where others stood. */
  objectAt(site: Site, value: object, at: number): number {
    const { second } = site;
    const after = second === undefined ? -1 : second(this, value, at, SOME_OBJECT);
    return after >= 0 ? after : this.object(value, at, site);
  }

  /** An array that is no proxy, and has the usual prototype. */
  array(value: readonly unknown[], at: number, site: Site): number {
    if (this.trail.depth >= POSTPONE_DEPTH) return this.object(value, at, site);
    const met = this.identities.meet(value);
    return met < 0 ? writeArray(this, value, at, site) : this.reference(met, at);
  }

  /** Gives an object its number, if it comes for the first time, and its contents need not come later. */
  meetsNew(value: object): boolean {
    return this.trail.depth < POSTPONE_DEPTH && this.identities.meetNew(value);
  }

  /** An array that a rest parameter made. Whether it has other keys is half the cost of a short array. */
  rest(list: readonly unknown[], at: number): number {
    this.identities.meet(list);
    return writeDense(this, list, at, this.#root);
  }

  /** An object that has its number already. */
  contents(value: object, at: number, site?: Site): number {
    const prototype = getPrototypeOf(value);
    if (prototype === OBJECT_PROTOTYPE) return writePlain(this, value, at, site);
    if (prototype === ARRAY_PROTOTYPE && Array.isArray(value)) return writeArray(this, value, at, site);
    return writeOther(this, value, at);
  }

  #deepObject(value: object, at: number): number {
    const after = writeEmpty(this, value, at);
    if (after === undefined) return this.contents(value, at);
    this.hasReferences = true;
    this.#postponed.push({ object: value, from: this.trail.waypoint() });
    return after;
  }

  /** An object that was met before. */
  reference(number: number, at: number): number {
    this.hasReferences = true;
    return this.word(tag.REFERENCE, number, at);
  }

  /** Goes into a container. {@link Trail.depth} goes back to what this gives when it is left. */
  enter(container: object): number {
    const { trail } = this;
    const { depth } = trail;
    if (depth === MAX_DEPTH) {
      throw this.refusal(
        `it is nested ${MAX_DEPTH} levels deep`,
        "send it in a flatter form, such as an array",
      );
    }
    trail.containers[depth] = container;
    trail.depth = depth + 1;
    return depth;
  }

  /** A tag with the record of a function, or of the class of what follows. */
  function(head: number, fn: Function, at: number): number {
    const record = head === tag.FUNCTION ? this.#publish(fn) : this.publishClass(fn);
    return this.record(record, this.byte(head, at));
  }

  #publish(fn: Function): FunctionRecord {
    if (fn !== this.#function) {
      this.#record = this.hooks.publishFunction(fn, this.trail.toString());
      this.#function = fn;
    }
    return this.#record!;
  }

  /** The record of a class of which an instance follows. */
  publishClass(cls: Function): FunctionRecord {
    if (cls !== this.#class) {
      this.#classRecord = this.hooks.publishClass?.(cls, this.trail.toString()) ?? this.#publish(cls);
      this.#class = cls;
    }
    return this.#classRecord!;
  }

  record(record: FunctionRecord, at: number): number {
    at = this.room(at, 8);
    this.view.setInt32(at, record.address, true);
    this.view.setInt32(at + 4, record.serial, true);
    return at + 8;
  }

  /** Leaves a value of a user's to `postMessage`, to be moved. */
  moved(item: object, at: number): number {
    if (!this.isForSeveral) return this.sideItem(item, true, at);
    throw this.refusal(
      "it would be moved, and can go to one worker only",
      "send it as it is where it can be copied, share it, or submit a call with it",
    );
  }

  /** Leaves a value to `postMessage`, to be moved or to be copied. */
  sideItem(item: object, isMoved: boolean, at: number): number {
    if (this.isAlone) throw this.notAlone(describeOne(item));
    const index = this.sideItems.push(item) - 1;
    if (isMoved) this.transferList.push(item as Transferable);
    return this.word(tag.SIDE_ITEM, index, at);
  }

  /** For what cannot be left lying in bytes until somebody takes it. */
  notAlone(what: string): WireError {
    if (this.isAbroad) return this.notAbroad(what);
    return this.refusal(
      `it is ${what}, which only a port can carry, and nobody is at the other end yet`,
      "send it as an argument of a call",
    );
  }

  /** For what only means something in this process. */
  notAbroad(
    what: string,
    remedy = "send the data that it holds, or keep what uses it in one process",
  ): WireError {
    return this.refusal(`it is ${what}, which lives in this process, and the message leaves it`, remedy);
  }

  /** For an object whose prototype promises what it has not got. */
  impostor(kind: string): WireError {
    return this.refusal(`it has the prototype of ${oneOf(kind)} but is none`, "send the data that it holds");
  }

  /** Asks an object something that only objects of its kind can answer. */
  askAs<T>(kind: string, question: () => T): T {
    try {
      return question();
    } catch {
      throw this.impostor(kind);
    }
  }

  refusal(found: string, remedy: string): WireError {
    return new WireError(this.trail.toString(), found, remedy);
  }
}
