/** Shared bytes: words, waits, allocation, and the lists by which threads hand work over. */
export { DoneList } from "./done-list.ts";
export { HeapFullError, type Heap, type Pages, type WaitOutcome, type Words } from "./heap.ts";
export { HintRing } from "./hint-ring.ts";
export { Parking } from "./parking.ts";
export { TimeoutError } from "./timeout-error.ts";
export { releaseArena, threadHeap } from "./thread-heap.ts";
