/**
 * What a thread has sent, or may send: functions and captured values, each with the record that stands for it.
 *
 * @packageDocumentation
 */
import type { Captured } from "./capture.ts";
import type { HeapRecord } from "../records.ts";

/** Something that is published as a record. */
export abstract class Node {
  record: HeapRecord | undefined = undefined;
  /** Nothing about it, nor about what it refers to, can change any more: the record is good for ever. */
  isSettled = false;
}

/** A function of this thread, or one that came from another. */
export class FunctionNode extends Node {
  readonly fn: Function;
  captured: Captured | undefined = undefined;
  /** Whether the captured variables keep their values; `undefined` until it matters. */
  keepsValues: boolean | undefined = undefined;
  /** What the record says: captured values, and properties sent along. */
  sent: readonly unknown[] = [];
  hasProperties = false;
  /** The captured objects that can change, if nothing else about the function can. */
  watched: readonly ValueNode[] | undefined = undefined;

  constructor(fn: Function) {
    super();
    this.fn = fn;
  }
}

/** A captured object, symbol or long string. Functions that capture the same one get the same one. */
export class ValueNode extends Node {
  readonly value: object | symbol | string;
  /** A variable at the top of a script holds it, so it lives as long as the program. */
  isLasting = false;
  /** The serial of its first record: what is the same in all that follow. */
  identity: number | undefined = undefined;
  /** How far from the start of the message the plain bytes of a typed array stand, if that is what the value is. */
  bytesAt: number | undefined = undefined;

  constructor(value: object | symbol | string) {
    super();
    this.value = value;
  }
}

/** What is used of a module that only this thread has. */
export class ViewNode extends Node {
  readonly module: object;
  readonly members: readonly string[];
  /** The members, as the record says them. */
  sent: readonly unknown[] = [];

  constructor(module: object, members: readonly string[]) {
    super();
    this.module = module;
    this.members = members;
  }
}

/** A thing that a record names for good: a module, or what every thread has under the same name. */
export class FixedNode extends Node {
  constructor(record: HeapRecord) {
    super();
    this.record = record;
    this.isSettled = true;
  }
}
