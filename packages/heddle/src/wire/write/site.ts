/**
 * What objects at one place in messages were like: in a field of objects of a shape, among the elements of an array there, or
 * where messages begin. So the next one is held against that first.
 *
 * @packageDocumentation
 */
import type { WriteObject } from "./shape-writers.ts";

/** A place in messages. It holds no objects, only what writes them. */
export class Site {
  /** What wrote the last objects here: two, as objects of two shapes often take turns. */
  first: WriteObject | undefined = undefined;
  second: WriteObject | undefined = undefined;
  /** The place of the elements of arrays that stand here, and of the elements of those. */
  readonly ofElements: Site;

  constructor(ofElements?: Site) {
    this.ofElements = ofElements ?? this;
  }

  /** An object was here that neither writes. */
  learn(write: WriteObject): void {
    this.second = this.first;
    this.first = write;
  }
}
