/**
 * The heap that processes share: a named file in memory, mapped by each of them.
 *
 * @packageDocumentation
 */
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { Bells } from "./bells.ts";
import type { WaitOutcome } from "./heap.ts";
import type { Whereabouts } from "./joined-heap.ts";
import { leaseWord, PAGE_BYTES, SEATS_WORD } from "./layout.ts";
import { Lives } from "./lives.ts";
import { type Libc, MAX_WAIT_WORDS, type NativeWait, WaitWords } from "./native/libc.ts";
import {
  checkName,
  checkSize,
  createSegment,
  openSegment,
  type Segment,
  segmentOf,
  unlinkSegment,
} from "./segment.ts";
import { COMMITTED_WORD, EPOCH_WORD } from "./segment-layout.ts";
import { SharedHeapError } from "./shared-heap-error.ts";
import { seatOf } from "./seats.ts";
import { ViewedHeap } from "./viewed-heap.ts";
import { Watch } from "./watch.ts";

/** No native wait is longer: a thread that is told to end does so only between two of them. */
const SLICE_MS = 100;
/** So short waits are for what takes microseconds: who waits looks himself whether somebody has died. */
const SHORT_MS = 10;

/** Of the file: locked by who joins or leaves. */
const JOIN_LOCK = 1;
const JOIN_PAUSE_MS = 1;
const JOIN_PATIENCE_MS = 10_000;

/** The id of a heap, a process that has it open, by which descriptor, and its name. */
const LOCATOR = /^([\da-f]{32})\/(\d+)\/(\d+)\/([^/]*)$/;

/** What a thread has in a heap. */
export interface HeapPart {
  /** Throws if it cannot be left now. */
  checkLeaving(): void;
  /** Leaves it for good. @param isExit - As the thread ends. */
  leave(isExit: boolean): void;
}

/** Those of this thread, by their ids. */
const opened = new Map<string, SharedHeap>();

let leavesAtExit = false;

/**
 * Memory that unrelated processes share, found by a name. What is made in it with `{ heap }` works between processes as it
 * does between threads; with `{ name }` as well it is found there by that.
 *
 * A process that dies, however it dies, leaves the others working: locks that it held pass on, what it had half done is
 * undone. Memory is taken from the machine as it is needed, up to `sizeBytes`.
 *
 * @remarks
 * Linux only, on x64, arm64, riscv64 and loong64. It needs the package `koffi`, which is loaded on first use.
 * The file stands in `/dev/shm`, for this user only, until it is unlinked: by {@link SharedHeap.unlink}, or by the next
 * `create` of any process, if all that used it have died without closing it.
 *
 * @example
 * ```ts
 * import { Queue } from "heddle";
 * import { SharedHeap } from "heddle/workers";
 *
 * const heap = SharedHeap.create(`example-${process.pid}`, { sizeBytes: 2 ** 24 });
 * const jobs = new Queue<string>({ heap, name: "jobs" });
 * jobs.putSync("weave");
 * // In this process or in another one:
 * const same = new Queue<string>({ heap: SharedHeap.open(heap.name), name: "jobs" });
 * same.getSync(); // => "weave"
 * heap.unlink();
 * heap.close();
 * ```
 */
export class SharedHeap extends ViewedHeap {
  /** What it is found by; "" if it has no name. */
  readonly name: string;
  readonly #segment: Segment;
  readonly #libc: Libc;
  /** Where it begins in this process. */
  readonly #base: number;
  readonly #views: WeakRef<ArrayBuffer>[];
  readonly #lives: Lives;
  readonly #bells: Bells;
  #watch: Watch | undefined;
  readonly #waitWords = new WaitWords();
  /** Of those that {@link #waitWords} has; -1 when it is to be made anew. */
  #epoch = -1;
  #canWaitForAny = true;
  #isClosed = false;
  readonly #parts: HeapPart[] = [];

  /**
   * Makes a heap, and joins it.
   *
   * @param options - `sizeBytes`: how much it can hold at most, rounded up to 64 KiB. At most 4 GiB.
   * @throws `SharedHeapError` when there is one of that name, where there can be none, or when there is no room.
   */
  static create(name: string, options: { readonly sizeBytes: number }): SharedHeap {
    checkName(name);
    if (typeof options !== "object" || options === null) {
      throw new TypeError(
        `Cannot create a shared heap: its options must be an object such as { sizeBytes: 2 ** 24 }`,
      );
    }
    return join(createSegment(name, checkSize(options.sizeBytes)), name);
  }

  /**
   * Joins a heap that another process, or this one, has made. In a thread that has joined it already this gives the same
   * object.
   *
   * @throws `SharedHeapError` when there is none of that name, or its file is not whole, or of another version or user.
   */
  static open(name: string): SharedHeap {
    return join(openSegment(checkName(name)), name);
  }

  /** Makes a heap that has no name: others join it by its descriptor, if they inherit that. */
  static createNameless(sizeBytes: number): SharedHeap {
    return join(createSegment(undefined, checkSize(sizeBytes)), "");
  }

  /** Joins the heap of a descriptor that this process has inherited. */
  static ofDescriptor(fd: number): SharedHeap {
    return join(segmentOf(fd), "");
  }

  /**
   * The heap that a {@link locator} is for.
   *
   * @throws `SharedHeapError` when it cannot be opened any more.
   */
  static at(locator: string): SharedHeap {
    const [, id = "", processId, fd, name = ""] = LOCATOR.exec(locator) ?? [];
    const known = opened.get(id);
    if (known !== undefined) return known;
    for (const open of [() => openSegment(name), () => segmentOf(Number(fd), Number(processId))]) {
      const segment = tryTo(open);
      if (segment?.id === id) return join(segment, name);
      if (segment !== undefined) closeSync(segment.fd);
    }
    throw new SharedHeapError(
      `Cannot open shared heap ${JSON.stringify(name)}: its name has been taken away, and who has sent it has left it`,
    );
  }

  /** Of `SharedHeap.create` and `SharedHeap.open`. */
  constructor(segment: Segment, name: string) {
    if (typeof segment !== "object")
      throw new TypeError("Cannot make a SharedHeap by new: call SharedHeap.create() or SharedHeap.open()");
    const { libc, fd, sizeBytes } = segment;
    const base = libc.map(fd, sizeBytes);
    const views: WeakRef<ArrayBuffer>[] = [];
    const view = (bytes: number): ArrayBuffer => {
      const buffer = libc.view(base, bytes);
      views.push(new WeakRef(buffer));
      return buffer;
    };
    const first = new Int32Array(view(PAGE_BYTES));
    super(() => view(PAGE_BYTES * Atomics.load(first, COMMITTED_WORD / 4)), sizeBytes / PAGE_BYTES);
    this.name = name;
    this.#segment = segment;
    this.#libc = libc;
    this.#base = base;
    this.#views = views;
    this.#lives = new Lives(this, libc, base);
    this.#bells = this.#exclusively(() => this.#join());
    this.#bells.onRing = () => this.#watch?.look();
  }

  /** By what {@link SharedHeap.at} finds it, in any process: by its name, or else as long as this one has it open. */
  get locator(): string {
    return `${this.#segment.id}/${process.pid}/${this.descriptor}/${this.name}`;
  }

  /** For processes that inherit it. */
  get descriptor(): number {
    return this.#segment.fd;
  }

  get pageCount(): number {
    return this.load(COMMITTED_WORD);
  }

  tryGrow(from: number, pages: number): boolean {
    if (!this.#libc.reserve(this.#segment.fd, PAGE_BYTES * from, PAGE_BYTES * pages)) return false;
    for (let before = this.load(COMMITTED_WORD); before < from + pages; before = this.load(COMMITTED_WORD)) {
      if (this.compareExchange(COMMITTED_WORD, before, from + pages) === before) break;
    }
    return true;
  }

  wait(address: number, expected: number, timeoutMs: number = Infinity): WaitOutcome {
    const end = performance.now() + timeoutMs;
    for (let leftMs = timeoutMs; ; leftMs = end - performance.now()) {
      const outcome = this.#sleep(address, expected, Math.min(Math.max(leftMs, 0), SLICE_MS));
      if (outcome === "woken") return "ok";
      if (outcome === "not-equal") return this.load(address) === expected ? "ok" : "not-equal";
      if (performance.now() >= end) return "timed-out";
    }
  }

  waitAsync(
    address: number,
    expected: number,
    timeoutMs: number = Infinity,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    return this.#bells.wait(address, expected, timeoutMs);
  }

  notify(address: number, count: number = Infinity): number {
    const woken = this.#libc.wake(this.#base + address, count);
    return woken + this.#bells.notify(address);
  }

  get core(): number {
    return this.#libc.core();
  }

  leaveCore(): boolean {
    return hasIdleCore() && this.#libc.leaveCore();
  }

  hasDied(seat: number): boolean {
    return this.seats.identityAt(seat) !== 0 && this.#lives.isOver(seat);
  }

  whereabouts(identity: number): Whereabouts | undefined {
    if (!this.seats.isSeated(identity)) return undefined;
    const seat = seatOf(identity);
    return { processId: this.#lives.processOf(seat), threadId: -1, nativeId: this.#lives.threadOf(seat) };
  }

  get mayHaveLost(): boolean {
    for (const seat of this.seats) if (this.#isLost(seat)) return true;
    return false;
  }

  whenSomebodyDies(callback: () => void): void {
    this.#watch = new Watch(this, this.#lives, this.#libc, callback);
    this.#watch.look();
  }

  /** Blocks this thread until a process has ended, or for so long, or for a moment. */
  waitForProcess(processId: number, timeoutMs: number): void {
    this.#libc.waitForProcess(processId, Math.min(timeoutMs, SLICE_MS));
  }

  /** Whether a thread has joined the heap, and neither left it nor ended. */
  isThere(identity: number): boolean {
    return identity !== 0 && this.seats.isSeated(identity) && !this.#lives.isOver(seatOf(identity));
  }

  /** Something that this thread has in the heap is to be left properly. */
  addPart(part: HeapPart): void {
    this.#parts.push(part);
  }

  override settleSeat(seat: number): void {
    this.#bells.clear(seat);
    if (seat !== this.seat) this.#lives.closeSocket(seat);
    super.settleSeat(seat);
  }

  /**
   * Leaves the heap: it stays for the others, and under its name. Locks that this thread holds there pass on as abandoned. What
   * this thread has made or found in the heap cannot be used any more. Closing it again does nothing.
   *
   * @throws `SharedHeapError` while something waits in this thread at an object of the heap. Nothing has changed then.
   */
  close(): void {
    this.#leave(false);
  }

  /**
   * Removes the name: nobody can open the heap by it any more. Those who have it open keep it.
   *
   * @throws `SharedHeapError` when there is none of that name any more.
   */
  unlink(): void {
    unlinkSegment(this.name);
  }

  /** Leaves as `close` does, whatever waits: the thread ends. */
  leaveAtExit(): void {
    this.#leave(true);
  }

  #leave(isForced: boolean): void {
    if (this.#isClosed) return;
    if (!isForced) for (const part of this.#parts) part.checkLeaving();
    for (const part of this.#parts) part.leave(isForced);
    this.ledger.close();
    this.#isClosed = true;
    this.#exclusively(() => {
      this.settleSeat(this.seat);
      this.#lives.release(this.seat);
    });
    opened.delete(this.#segment.id);
    this.#watch?.close();
    this.#bells.close();
    this.disconnect(
      () =>
        new SharedHeapError(`Cannot use shared heap ${JSON.stringify(this.name)}: this thread has closed it`),
    );
    // A view that somebody still had would lead to nowhere.
    for (const view of this.#views) view.deref()?.transfer(0);
    this.#libc.unmap(this.#base, this.#segment.sizeBytes);
    closeSync(this.#segment.fd);
  }

  /** Takes a seat. */
  #join(): Bells {
    const { seats } = this;
    // Whoever died between taking a lease and sitting down.
    for (let seat = 0; seat <= this.load(SEATS_WORD); seat++) {
      if (seats.identityAt(seat) === 0 && this.load(leaseWord(seat)) > 0) seats.free(seat);
    }
    this.lease(1 + (this.nextSerial() % 0x7ffffffe));
    this.#lives.take(this.seat);
    this.sit(this.#lives.threadOf(this.seat));
    const bells = new Bells(this, this.#libc, this.#segment.id);
    this.#lives.setSocket(this.seat, bells.socket);
    this.add(EPOCH_WORD, 1);
    this.#libc.wake(this.#base + EPOCH_WORD, Infinity);
    for (const seat of seats) if (seat !== this.seat) bells.ring(seat);
    return bells;
  }

  /**
   * Does something while nobody else joins or leaves. The lock is that of an opening of its own: one that is mapped keeps its locks
   * for as long as it is, and a thread that is terminated here leaves its mapping behind. Where none can be had, it is the mapped one's.
   */
  #exclusively<T>(action: () => T): T {
    const own = openAgain(this.#segment.fd);
    const fd = own ?? this.#segment.fd;
    try {
      const end = performance.now() + JOIN_PATIENCE_MS;
      while (!this.#libc.tryLock(fd, JOIN_LOCK, true)) {
        if (performance.now() > end) {
          throw new SharedHeapError(
            `Cannot join shared heap ${JSON.stringify(this.name)}: another process does not let go of it`,
          );
        }
        this.#libc.wait(this.#base, this.load(0), JOIN_PAUSE_MS);
      }
      return action();
    } finally {
      if (own === undefined) this.#libc.unlock(fd, JOIN_LOCK);
      else closeSync(own);
    }
  }

  #sleep(address: number, expected: number, timeoutMs: number): NativeWait {
    const libc = this.#libc;
    if (timeoutMs <= SHORT_MS) return libc.wait(this.#base + address, expected, timeoutMs);
    if (!this.#canWaitForAny) {
      const outcome = libc.wait(this.#base + address, expected, SHORT_MS);
      return outcome === "timed-out" && this.mayHaveLost ? "woken" : outcome;
    }
    if (!this.#collectLives()) return "woken";
    this.#waitWords.set(0, this.#base + address, expected);
    const outcome = libc.waitForAny(this.#waitWords, timeoutMs);
    if (outcome === "failed") this.#canWaitForAny = false;
    if (outcome === "not-equal") this.#epoch = -1;
    return outcome === "failed" ? "woken" : outcome;
  }

  /** Whether somebody has died, and nobody has begun to settle that. */
  #isLost(seat: number): boolean {
    return this.#lives.isOver(seat) && this.load(leaseWord(seat)) > 0;
  }

  /**
   * What ends a wait beside its word: that somebody joins, or dies. Those who find no place are looked at between waits. False
   * if somebody has died already.
   */
  #collectLives(): boolean {
    const epoch = this.load(EPOCH_WORD);
    if (epoch === this.#epoch) return true;
    this.#epoch = epoch;
    const words = this.#waitWords;
    words.set(1, this.#base + EPOCH_WORD, epoch);
    let count = 2;
    for (const seat of this.seats) {
      if (seat === this.seat || count === MAX_WAIT_WORDS) continue;
      const word = this.#lives.wordOf(seat);
      const life = this.load(word);
      if (!this.#lives.isOver(seat)) words.set(count++, this.#base + word, life);
      else if (this.#isLost(seat)) {
        this.#epoch = -1;
        return false;
      }
    }
    words.length = count;
    return true;
  }
}

/** What is ready to run, this thread among it. */
const RUNNABLE = /(\d+)\//;

function hasIdleCore(): boolean {
  const [, runnable] = RUNNABLE.exec(readFileSync("/proc/loadavg", "latin1")) ?? [];
  // Whoever this thread makes room for by leaving is ready to run, too.
  return Number(runnable) <= process.getBuiltinModule("node:os").availableParallelism();
}

function tryTo(open: () => Segment): Segment | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

function join(segment: Segment, name: string): SharedHeap {
  const known = opened.get(segment.id);
  if (known !== undefined) {
    closeSync(segment.fd);
    return known;
  }
  let heap: SharedHeap;
  try {
    heap = new SharedHeap(segment, name);
  } catch (error) {
    closeSync(segment.fd);
    throw error;
  }
  opened.set(segment.id, heap);
  if (!leavesAtExit) {
    leavesAtExit = true;
    process.once("exit", () => {
      for (const each of opened.values()) each.leaveAtExit();
    });
  }
  return heap;
}

/** Another opening of a file; `undefined` without `/proc`, with Node's `--permission`, or where too many files are open. */
function openAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDWR);
  } catch {
    return undefined;
  }
}
