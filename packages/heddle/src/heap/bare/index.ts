/** A heap of processes, for one that has inherited it and has not joined it: it may end before it has to. */
export { BareSegment } from "./bare-segment.ts";
export { dieWithParent } from "../native/die-with-parent.ts";
export { knowKoffi, loadKoffi } from "../native/load-koffi.ts";
