/**
 * Objects without concurrency, to check histories of the real ones against.
 *
 * An operation that waits, like `get` of a queue, also has the names of its variants that do not: `getSync` waits as
 * well, `tryGet` does not. An operation that waits may always fail by running out of time or being cancelled.
 *
 * @packageDocumentation
 */
import { isPending, isThrown, type Operation, type Thrown } from "./history.ts";
import type { Call, Outcome, Specification } from "./linearizable.ts";

/** How operations that wait may fail. */
export interface WaitingOptions {
  /** How an operation that waits may fail without having had an effect. Default: a timeout, or cancelled. */
  readonly failures?: readonly string[];
}

const GIVES_UP = ["ERR_HEDDLE_TIMEOUT", "TimeoutError", "AbortError"];

type Step<State> = (state: State, args: readonly unknown[], call: Call) => readonly Outcome<State>[];

/** The operations of an object, by name. */
type Steps<State> = Readonly<Record<string, Step<State>>>;

/** An object made of operations. One of a name that it does not have is an error of the test. */
function made<State>(
  initial: State,
  steps: Steps<State>,
  more: Omit<Specification<State>, "initial" | "step"> = {},
): Specification<State> {
  return {
    ...more,
    initial,
    step: (state, call) => {
      const step = Object.hasOwn(steps, call.name) ? steps[call.name] : undefined;
      if (step !== undefined) return step(state, call.args, call);
      throw new TypeError(
        `Cannot specify the operation ${call.name}: there are only ${Object.keys(steps).join(", ")}`,
      );
    },
  };
}

const gives = <State>(state: State, result?: unknown): readonly Outcome<State>[] => [{ state, result }];
const throws = <State>(state: State, threw: string): readonly Outcome<State>[] => [
  { state, result: { threw } satisfies Thrown },
];

/** Adds to what a waiting operation may do that it gives up. */
function waiting<State>(step: Step<State>, { failures = GIVES_UP }: WaitingOptions): Step<State> {
  return (state, args, call) => [
    ...step(state, args, call),
    ...failures.flatMap((failure) => throws(state, failure)),
  ];
}

/** What a queue holds, and whether more may come. */
export interface QueueState {
  readonly items: readonly unknown[];
  readonly closed: boolean;
}

/** How much a queue holds, and how it refuses. */
export interface QueueOptions extends WaitingOptions {
  /** How many items it may hold. Default: any number. */
  readonly capacity?: number;
  /** What is thrown once it is closed: by adding an item, and by taking one when none is left. */
  readonly closedError?: string;
}

interface QueueShape {
  /** Where a new item goes. */
  readonly add: (items: readonly unknown[], args: readonly unknown[]) => readonly unknown[];
  /** The place of the item that is taken next. */
  readonly next: (items: readonly unknown[]) => number;
  readonly valueOf: (item: unknown) => unknown;
}

const FIFO: QueueShape = {
  add: (items, [item]) => [...items, item],
  next: () => 0,
  valueOf: (item) => item,
};

const LIFO: QueueShape = { ...FIFO, next: (items) => items.length - 1 };

/** Items stand with their priority, lowest first, those of one priority in the order of coming. */
const PRIORITY: QueueShape = {
  add: (items, [item, options]) => {
    const priority = priorityOf(options);
    const place = (items as readonly (readonly [number])[]).findIndex(([other]) => other > priority);
    return items.toSpliced(place < 0 ? items.length : place, 0, [priority, item]);
  },
  next: () => 0,
  valueOf: (item) => (item as readonly unknown[])[1],
};

function priorityOf(options: unknown): number {
  if (typeof options === "number") return options;
  return (options as { readonly priority?: number } | null | undefined)?.priority ?? 0;
}

/** The names of the operations of a queue, and how they tell that there was nothing to be taken. */
interface QueueNames {
  readonly put: readonly string[];
  readonly tryPut: string;
  readonly get: readonly string[];
  readonly tryGet: string;
  readonly close: string;
}

const QUEUE: QueueNames = {
  put: ["put", "putSync"],
  tryPut: "tryPut",
  get: ["get", "getSync"],
  tryGet: "tryGet",
  close: "shutdown",
};

const CHANNEL: QueueNames = {
  put: ["send", "sendSync"],
  tryPut: "trySend",
  get: ["receive", "receiveSync"],
  tryGet: "tryReceive",
  close: "close",
};

function queueOf(shape: QueueShape, names: QueueNames, options: QueueOptions): Specification<QueueState> {
  const { capacity = Infinity, closedError = "ERR_HEDDLE_QUEUE_SHUT_DOWN" } = options;
  if (!(capacity >= 1)) {
    throw new RangeError(
      `Cannot specify a queue that holds ${capacity} items: where nothing is held, two operations take effect together`,
    );
  }
  const put =
    (whenFull: (state: QueueState) => readonly Outcome<QueueState>[], done: unknown): Step<QueueState> =>
    (state, args) => {
      if (state.closed) return throws(state, closedError);
      if (state.items.length >= capacity) return whenFull(state);
      return gives({ ...state, items: shape.add(state.items, args) }, done);
    };
  const get =
    (
      whenEmpty: (state: QueueState) => readonly Outcome<QueueState>[],
      resultOf: (value: unknown) => unknown,
    ): Step<QueueState> =>
    (state) => {
      if (state.items.length === 0) return whenEmpty(state);
      const place = shape.next(state.items);
      const items = state.items.toSpliced(place, 1);
      return gives({ ...state, items }, resultOf(shape.valueOf(state.items[place])));
    };
  const wait = (): readonly Outcome<QueueState>[] => [];
  const waitingPut = waiting(put(wait, undefined), options);
  const waitingGet = waiting(
    get(
      (state) => (state.closed ? throws(state, closedError) : []),
      (value) => value,
    ),
    options,
  );
  return made<QueueState>(
    { items: [], closed: false },
    {
      ...Object.fromEntries(names.put.map((name) => [name, waitingPut])),
      ...Object.fromEntries(names.get.map((name) => [name, waitingGet])),
      [names.tryPut]: put((state) => gives(state, false), true),
      [names.tryGet]: get(
        (state) => (state.closed ? [...gives(state), ...throws(state, closedError)] : gives(state)),
        (value) => ({ value }),
      ),
      [names.close]: (state) => gives({ ...state, closed: true }),
      size: (state) => gives(state, state.items.length),
    },
    { foresee: (history) => foreseer(history, shape, [...names.get, names.tryGet]) },
  );
}

/**
 * Items that overlapped when they were added stand in either order, and which one it was shows only when they are
 * taken: so a state is ruled out if an item is taken before another that stands in front of it.
 */
function foreseer(
  history: readonly Operation[],
  shape: QueueShape,
  takers: readonly string[],
): (state: QueueState) => boolean {
  const takes = history.filter(({ name }) => takers.includes(name));
  /** An item that nobody got may have been taken by who did not return. */
  const byNobody = Math.min(...takes.filter(isPending).map(({ start }) => start), Infinity);
  const taken = new Map<unknown, { start: number; end: number }>();
  for (const { name, start, end, result } of takes) {
    if (end === Infinity || isThrown(result)) continue;
    const item = name.startsWith("try") ? (result as { value: unknown } | undefined | null)?.value : result;
    if (typeof item === "object" || item === undefined) continue;
    taken.set(item, { start, end });
  }
  const added = Map.groupBy(
    history.filter(({ args }) => args.length > 0),
    ({ args }) => args[0],
  );
  /** Of equal items it is not known which is which. */
  const isKnown = (item: unknown): boolean => typeof item !== "object" && added.get(item)?.length === 1;
  return ({ items }) => {
    let latest = -Infinity;
    const inTurn = shape.next(items) === 0 ? items : items.toReversed();
    for (const item of inTurn.map(shape.valueOf).filter(isKnown)) {
      if ((taken.get(item)?.end ?? Infinity) < latest) return false;
      latest = Math.max(latest, taken.get(item)?.start ?? byNobody);
    }
    return true;
  };
}

/** First in, first out: `put`, `tryPut` (gives a boolean), `get`, `tryGet` (gives `{ value }`), `shutdown`, `size`. */
export function fifoQueue(options: QueueOptions = {}): Specification<QueueState> {
  return queueOf(FIFO, QUEUE, options);
}

/** Last in, first out; else as {@link fifoQueue}. */
export function lifoQueue(options: QueueOptions = {}): Specification<QueueState> {
  return queueOf(LIFO, QUEUE, options);
}

/** Lowest priority first: `put(item, { priority })`, or `put(item, priority)`; else as {@link fifoQueue}. */
export function priorityQueue(options: QueueOptions = {}): Specification<QueueState> {
  return queueOf(PRIORITY, QUEUE, options);
}

/** A channel that holds at least one value: `send`, `trySend`, `receive`, `tryReceive`, `close`, `size`. */
export function channel(options: QueueOptions = {}): Specification<QueueState> {
  return queueOf(FIFO, CHANNEL, { closedError: "ERR_HEDDLE_CHANNEL_CLOSED", ...options });
}

/** The value of a sender that a receiver is to take before anything else happens. */
export interface RendezvousState {
  readonly handed: { readonly value: unknown; readonly waited: boolean } | null;
  readonly closed: boolean;
}

/**
 * A channel that holds nothing: the operations of {@link channel}. A send and the receive of its value take effect together,
 * while both are under way; and one of the two waits, so `trySend` and `tryReceive` do not meet.
 */
export function rendezvous(options: Omit<QueueOptions, "capacity"> = {}): Specification<RendezvousState> {
  const { closedError = "ERR_HEDDLE_CHANNEL_CLOSED" } = options;
  /** Nothing happens between the two halves. */
  const whole =
    (step: Step<RendezvousState>): Step<RendezvousState> =>
    (state, args, call) =>
      state.handed === null ? step(state, args, call) : [];
  const send =
    (waited: boolean, done: unknown): Step<RendezvousState> =>
    (state, [value]) =>
      state.closed ? throws(state, closedError) : gives({ ...state, handed: { value, waited } }, done);
  const receive =
    (
      whenAlone: Step<RendezvousState>,
      waits: boolean,
      resultOf: (value: unknown) => unknown,
    ): Step<RendezvousState> =>
    (state, args, call) => {
      const { handed } = state;
      if (handed === null) return whenAlone(state, args, call);
      return waits || handed.waited ? gives({ ...state, handed: null }, resultOf(handed.value)) : [];
    };
  const closedOr =
    (outcomes: (state: RendezvousState) => readonly Outcome<RendezvousState>[]): Step<RendezvousState> =>
    (state) =>
      state.closed ? [...outcomes(state), ...throws(state, closedError)] : outcomes(state);
  const { failures = GIVES_UP } = options;
  const givesUp = (state: RendezvousState): readonly Outcome<RendezvousState>[] =>
    failures.flatMap((failure) => throws(state, failure));
  const waitingSend = whole(waiting(send(true, undefined), options));
  const waitingReceive = receive(closedOr(givesUp), true, (value) => value);
  return made<RendezvousState>(
    { handed: null, closed: false },
    {
      send: waitingSend,
      sendSync: waitingSend,
      trySend: whole((state, args, call) => [
        ...send(false, true)(state, args, call),
        ...(state.closed ? [] : gives(state, false)),
      ]),
      receive: waitingReceive,
      receiveSync: waitingReceive,
      tryReceive: receive(
        closedOr((state) => gives(state)),
        false,
        (value) => ({ value }),
      ),
      close: whole((state) => gives({ ...state, closed: true })),
      size: whole((state) => gives(state, 0)),
    },
    { foresee: meetings },
  );
}

/** A value can be handed over to whoever did not return, or to a receive of it that overlaps its send. */
function meetings(history: readonly Operation[]): (state: RendezvousState) => boolean {
  const sends = Map.groupBy(
    history.filter(({ args }) => args.length > 0),
    ({ args }) => args[0],
  );
  const met: unknown[] = [];
  for (const { name, start, end, result } of history) {
    if (!/receive/i.test(name) || isThrown(result)) continue;
    if (end === Infinity) return () => true;
    const value = name.startsWith("try") ? (result as { value: unknown } | undefined | null)?.value : result;
    const isMeeting = sends.get(value)?.some((send) => send.end >= start && end >= send.start);
    if (isMeeting === true) met.push(value);
  }
  return ({ handed }) => handed === null || typeof handed.value === "object" || met.includes(handed.value);
}

/** What a semaphore allows. */
export interface SemaphoreOptions extends WaitingOptions {
  /** How many permits there may ever be: releasing more is a RangeError. */
  readonly maximum?: number;
}

/** Permits: `acquire`, `tryAcquire` (gives a boolean) and `release`, of so many (1, if not told); `available`. */
export function semaphore(permits: number, options: SemaphoreOptions = {}): Specification<number> {
  const { maximum = Infinity } = options;
  const count = ([argument]: readonly unknown[]): number =>
    typeof argument === "number"
      ? argument
      : ((argument as { readonly permits?: number } | null | undefined)?.permits ?? 1);
  const acquire = waiting<number>(
    (free, args) => (free >= count(args) ? gives(free - count(args)) : []),
    options,
  );
  return made<number>(permits, {
    acquire,
    acquireSync: acquire,
    tryAcquire: (free, args) => (free >= count(args) ? gives(free - count(args), true) : gives(free, false)),
    release: (free, args) =>
      free + count(args) > maximum ? throws(free, "RangeError") : gives(free + count(args)),
    available: (free) => gives(free, free),
  });
}

/** How a lock refuses. */
export interface LockOptions extends WaitingOptions {
  /** What releasing a lock throws that nobody holds. */
  readonly stateError?: string;
}

/** A lock that is not reentrant: `acquire`, `tryAcquire` (gives a boolean), `release`, `locked`. */
export function lock(options: LockOptions = {}): Specification<boolean> {
  const { stateError = "ERR_HEDDLE_LOCK_STATE" } = options;
  const acquire = waiting<boolean>((held) => (held ? [] : gives(true)), options);
  return made<boolean>(false, {
    acquire,
    acquireSync: acquire,
    tryAcquire: (held) => (held ? gives(true, false) : gives(true, true)),
    release: (held) => (held ? gives(false) : throws(false, stateError)),
    locked: (held) => gives(held, held),
  });
}

/** A value: `read`, `write(value)`, `exchange(value)`, `compareExchange(expected, value)` (gives the one before). */
export function register(initial?: unknown): Specification<unknown> {
  return made<unknown>(
    initial,
    {
      read: (value) => gives(value, value),
      write: (_, [value]) => gives(value),
      exchange: (before, [value]) => gives(value, before),
      compareExchange: (before, [expected, value]) =>
        gives(JSON.stringify(before) === JSON.stringify(expected) ? value : before, before),
    },
    { key: (value) => JSON.stringify(value) ?? "undefined" },
  );
}

/** Values by key, each key checked alone: `get`, `set`, `has`, `delete` (gives whether it was there). */
export function map(): Specification<{ readonly value?: unknown }> {
  return made<{ readonly value?: unknown }>(
    {},
    {
      get: (entry) => gives(entry, entry.value),
      has: (entry) => gives(entry, "value" in entry),
      set: (_, [, value]) => gives({ value }),
      delete: (entry) => gives({}, "value" in entry),
    },
    { partOf: ({ args: [key] }) => JSON.stringify(key) ?? "undefined" },
  );
}
