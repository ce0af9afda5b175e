/**
 * Timers on a clock that only moves when it is told to.
 *
 * @packageDocumentation
 */

/** Delays beyond are 1, as in Node. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** What `setTimeout` and `setInterval` give. */
export class VirtualTimeout {
  readonly #timers: VirtualTimers;
  readonly #callback: () => void;
  readonly #delayMs: number;
  readonly #repeats: boolean;
  readonly #id: number;
  #isReferenced = true;

  constructor(timers: VirtualTimers, callback: () => void, delayMs: number, repeats: boolean, id: number) {
    this.#timers = timers;
    this.#callback = callback;
    this.#delayMs = delayMs >= 1 && delayMs <= LONGEST_DELAY_MS ? Math.trunc(delayMs) : 1;
    this.#repeats = repeats;
    this.#id = id;
    this.refresh();
  }

  /** Whether it alone keeps a program waiting. */
  hasRef(): boolean {
    return this.#isReferenced;
  }

  ref(): this {
    this.#isReferenced = true;
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    return this;
  }

  /** Begins its delay anew. */
  refresh(): this {
    this.#timers.schedule(this, this.#delayMs);
    return this;
  }

  close(): this {
    this.#timers.cancel(this);
    return this;
  }

  /** Whether it goes on after it has fired, and nothing waits for it: so it is nothing to wait for. */
  get isBackground(): boolean {
    return this.#repeats && !this.#isReferenced;
  }

  fire(): void {
    if (this.#repeats) this.refresh();
    this.#callback();
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

interface Entry {
  readonly timeout: VirtualTimeout;
  readonly at: number;
}

/** The timers that are set, in the order in which they are due; those of one time in the order of setting. */
export class VirtualTimers {
  nowMs = 0;
  /** Counts what was set and cancelled. */
  changes = 0;
  readonly #entries: Entry[] = [];
  readonly #byId = new Map<number, VirtualTimeout>();
  #nextId = 1;

  set(callback: () => void, delayMs: number, repeats: boolean): VirtualTimeout {
    const id = this.#nextId++;
    const timeout = new VirtualTimeout(this, callback, delayMs, repeats, id);
    this.#byId.set(id, timeout);
    return timeout;
  }

  /** As `clearTimeout`: takes the object, or its number. Gives whether it was one of these timers. */
  clear(timeout: unknown): boolean {
    // A real timer is an object, too, and has a number, which one of these may have as well.
    const found = typeof timeout === "object" ? timeout : this.#byId.get(Number(timeout));
    if (!(found instanceof VirtualTimeout)) return false;
    found.close();
    return true;
  }

  schedule(timeout: VirtualTimeout, delayMs: number): void {
    this.cancel(timeout);
    const at = this.nowMs + delayMs;
    const place = this.#entries.findIndex((entry) => entry.at > at);
    this.#entries.splice(place < 0 ? this.#entries.length : place, 0, { timeout, at });
  }

  cancel(timeout: VirtualTimeout): void {
    this.changes++;
    const place = this.#entries.findIndex((entry) => entry.timeout === timeout);
    if (place >= 0) this.#entries.splice(place, 1);
  }

  /** When the next timer is due that something may wait for; undefined if there is none. */
  get nextAt(): number | undefined {
    return this.#entries.some(({ timeout }) => !timeout.isBackground) ? this.#entries[0]!.at : undefined;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Those that are due now. */
  due(): VirtualTimeout[] {
    return this.#entries.filter(({ at }) => at <= this.nowMs).map(({ timeout }) => timeout);
  }

  /** Fires a timer, if it is still due. */
  fire(timeout: VirtualTimeout): void {
    const entry = this.#entries.find((other) => other.timeout === timeout);
    if (entry === undefined || entry.at > this.nowMs) return;
    this.cancel(timeout);
    timeout.fire();
  }
}
