/**
 * The cases of one `select`: looked at, in the order in which they are tried, and what comes of each.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { isThenable } from "../../scopes/index.ts";
import {
  type Alternative,
  type Chosen,
  MAX_GATES,
  type Settling,
  settlingOf,
  type ThisThread,
  thisThread,
  threadOf,
} from "../../sync/index.ts";
import { Channel, type Received, receivingFrom, sendingTo } from "../channel/channel.ts";
import { SendingCase, TimeCase } from "./select-case.ts";

/** What comes of a select, before its type is known. */
export type Result =
  | { readonly name: string; readonly closed: false; readonly value: unknown }
  | { readonly name: string; readonly closed: true; readonly error?: unknown };

/** A case in shared memory. */
interface SharedEntry {
  readonly name: string;
  readonly channel: Channel<unknown>;
  readonly side: Alternative<Received>;
  /** Ends the value that was to be sent, if it was not even tried. */
  readonly end: (() => void) | undefined;
}

/** A case of this thread's event loop. */
export interface LocalEntry {
  readonly name: string;
  /** When it is due; `undefined` for a future. */
  readonly at: number | undefined;
  readonly settling: Settling | undefined;
}

/** How a select treats its cases. */
export type SelectMode = "later" | "blocking" | "now";

/** The cases of one select, in random order. */
export class Selection {
  readonly #operation: string;
  readonly #mode: SelectMode;
  readonly #order: (SharedEntry | LocalEntry)[] = [];
  readonly #shared: SharedEntry[];
  /** This thread, in the heap of the channels. */
  readonly thread: ThisThread;
  /** In random order. */
  readonly sides: readonly Alternative<Received>[];
  /** In random order. */
  readonly local: readonly LocalEntry[];

  /** @throws What says what is wrong with a case; nothing has happened then. */
  constructor(cases: Readonly<Record<string, unknown>>, operation: string, mode: SelectMode) {
    this.#operation = operation;
    this.#mode = mode;
    if (typeof cases !== "object" || cases === null) {
      throw new TypeError(
        `Cannot begin ${operation}: its cases must be an object such as { job: channel }, and are ${inspect(cases)}`,
      );
    }
    try {
      for (const [name, what] of Object.entries(cases)) {
        if (what !== undefined) this.#order.push(this.#entry(name, what));
      }
      this.#shared = this.#order.filter(isShared);
      if (this.#shared.length > MAX_GATES) {
        throw new RangeError(
          `Cannot begin ${operation}: it has ${this.#shared.length} cases of channels, and can have ${MAX_GATES} at most`,
        );
      }
      this.thread = this.#threadOf(this.#shared);
    } catch (error) {
      this.end();
      throw error;
    }
    shuffle(this.#order);
    this.#shared = this.#order.filter(isShared);
    this.sides = this.#shared.map(({ side }) => side);
    this.local = this.#order.filter((entry): entry is LocalEntry => !isShared(entry));
  }

  /** Whether there is nothing to wait for. */
  get isEmpty(): boolean {
    return this.#order.length === 0;
  }

  /** Whether one of the cases of this thread is ready. */
  get hasReady(): boolean {
    return this.local.some(isReady);
  }

  /** One of the cases that are ready, each as likely as the others; `undefined` if none is. */
  tryNow(): Result | undefined {
    const index = this.#order.findIndex((entry) => !isShared(entry) && isReady(entry));
    const ready = index < 0 ? undefined : (this.#order[index] as LocalEntry);
    // All that were drawn before it come first.
    const count = index < 0 ? this.#shared.length : this.#order.slice(0, index).filter(isShared).length;
    const chosen = count === 0 ? undefined : this.thread.choices.try(this.sides, count);
    if (chosen !== undefined) return this.resultOf(chosen) as Result;
    return ready === undefined ? undefined : resultOfLocal(ready);
  }

  /** What a case in shared memory gives; a promise of it where a module has to be imported first. */
  resultOf({ index, value }: Chosen): Result | Promise<Result> {
    const { name } = this.#shared[index]!;
    const received = value as Received;
    if ("error" in received) {
      const { error } = received;
      return error === undefined ? { name, closed: true } : { name, closed: true, error };
    }
    const taken = received.value;
    if (this.#mode === "later" && taken instanceof Promise) {
      return taken.then((later: unknown) => ({ name, closed: false, value: later }));
    }
    return { name, closed: false, value: taken };
  }

  /** Ends what was not even tried. */
  end(): void {
    for (const entry of this.#order) if (isShared(entry)) entry.end?.();
  }

  #threadOf(shared: readonly SharedEntry[]): ThisThread {
    const threads = new Set(shared.map(({ channel }) => threadOf(channel)));
    const [thread = thisThread(), other] = threads;
    if (other === undefined) return thread;
    throw new TypeError(
      `Cannot begin ${this.#operation}: its channels are kept in different heaps, which nobody can look at at one moment`,
    );
  }

  #entry(name: string, what: unknown): SharedEntry | LocalEntry {
    if (what instanceof Channel) {
      return { name, channel: what, side: receivingFrom(what, this.#mode !== "later"), end: undefined };
    }
    if (what instanceof SendingCase) {
      const once = sendingTo(what.channel, what.value, `case ${JSON.stringify(name)}`);
      return { name, channel: what.channel, side: once.sending, end: () => once.end() };
    }
    if (what instanceof TimeCase) return { name, at: what.at, settling: undefined };
    if (isThenable(what)) return this.#future(name, settlingOf(what));
    throw new TypeError(
      `Cannot begin ${this.#operation}: case ${JSON.stringify(name)} must be a channel, channel.sending(value), ` +
        `after(timeoutMs) or a future, and is ${inspect(what, { depth: 0 })}`,
    );
  }

  #future(name: string, settling: Settling): LocalEntry {
    if (this.#mode === "blocking" && settling.outcome() === undefined) {
      throw new TypeError(
        `Cannot begin ${this.#operation}: case ${JSON.stringify(name)} is a future that is not done, and cannot be ` +
          `done while this thread is blocked; await select() instead`,
      );
    }
    if (this.#mode === "later") settling.throwIfRefused?.();
    return { name, at: undefined, settling };
  }
}

/** What a case of this thread gives. Throws what a rejected future was rejected with. */
export function resultOfLocal({ name, settling }: LocalEntry): Result {
  if (settling === undefined) return { name, closed: false, value: undefined };
  const outcome = settling.outcome()!;
  if (outcome.isRejected) throw outcome.reason;
  return { name, closed: false, value: outcome.value };
}

const isShared = (entry: SharedEntry | LocalEntry): entry is SharedEntry => "side" in entry;

const isReady = ({ at, settling }: LocalEntry): boolean =>
  settling === undefined ? at! <= performance.now() : settling.outcome() !== undefined;

/** R. Durstenfeld's shuffle: each order is as likely as the others. */
function shuffle(list: unknown[]): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}
