/** Shared bytes: words, waits, allocation, claims, and the lists by which threads hand work over. */
export { claimOn, CLAIMS, giveUpClaim, HeldKind, releaseBy, takeClaim } from "./claims.ts";
export { DoneList } from "./done-list.ts";
export { HeapFullError, type Heap, type Pages, type WaitOutcome, type Words } from "./heap.ts";
export { helpOn } from "./help.ts";
export { HintRing } from "./hint-ring.ts";
export type { JoinedHeap, Whereabouts } from "./joined-heap.ts";
export { SHAPES_WORD, THREADS_WORD } from "./layout.ts";
export { Ledger, settleLedger } from "./ledger.ts";
export { Parking } from "./parking.ts";
export { TimeoutError } from "./timeout-error.ts";
export { seatOf, Seats } from "./seats.ts";
export { DIRECTORY_WORD } from "./segment-layout.ts";
export { dieWithParent } from "./native/die-with-parent.ts";
export { koffiBinary, knowKoffi } from "./native/load-koffi.ts";
export { type HeapPart, SharedHeap } from "./shared-heap.ts";
export { SharedHeapError } from "./shared-heap-error.ts";
export { leaseToken, settleThread, threadHeap } from "./thread-heap.ts";
export { isWorkerThread, workerThreads } from "./worker-threads.ts";
