/**
 * Who writes objects of which prototype.
 *
 * @packageDocumentation
 */
import type { Writer } from "../write/writer.ts";

/** Writes an object that was not met before. Gives the place after it. */
export type Write = (writer: Writer, value: object, at: number) => number;

/** By the prototype that an object has directly. Classes of the program are added as they are met. */
export const writers: WeakMap<object, Write> = new WeakMap<object, Write>();

/** Those of them that belong to classes of the program which are no subclasses of built-ins, as far as was seen. */
export const instanceClasses: WeakSet<object> = new WeakSet();
