/**
 * The search for an order of operations.
 *
 * @packageDocumentation
 */
import { isDeepStrictEqual } from "node:util";
import { isPending, type Operation } from "./history.ts";
import type { Specification } from "./linearizable.ts";
import { mix } from "./memory.ts";
import { StateTable } from "./state-table.ts";

/** So many operations may be under way at a time, those included that never return. */
const MOST_AT_ONCE = 30;

/** An operation under way, by a place that no other has meanwhile. */
interface Open {
  readonly operation: Operation;
  readonly bit: number;
}

interface Return extends Open {
  /** All that is under way just before, itself last: so it is tried first. */
  readonly open: readonly Open[];
}

/** One way in which things may have gone up to a return. */
interface Way<State> {
  /** The number of returns behind it. */
  readonly at: number;
  readonly state: State;
  readonly key: string;
  /** The bits of those operations under way that have taken effect. */
  readonly effective: number;
  readonly last: Ordered | undefined;
}

interface Ordered {
  readonly operation: Operation;
  readonly before: Ordered | undefined;
}

export class Search<State> {
  readonly #specification: Specification<State>;
  readonly #operations: readonly Operation[];
  readonly #maxWays: number;

  constructor(specification: Specification<State>, operations: readonly Operation[], maxWays: number) {
    this.#specification = specification;
    this.#operations = operations;
    this.#maxWays = maxWays;
  }

  /** An order of operations that explains all results. */
  find(): Operation[] | undefined {
    for (const way of this.#ways(returnsOf(this.#operations))) {
      const order: Operation[] = [];
      for (let ordered = way.last; ordered !== undefined; ordered = ordered.before)
        order.push(ordered.operation);
      return order.toReversed();
    }
    return undefined;
  }

  /** The states that things may have come to at the end, as text: some of so many ways. */
  states(ways: number): string[] {
    const found = this.#ways(returnsOf(this.#operations)).take(ways);
    return [...new Set(found.map(({ key }) => key))];
  }

  /** What the last operation to return may have given: some of so many ways. */
  resultsOf(call: Operation, ways: number): unknown[] {
    const operations = this.#operations.filter((operation) => operation !== call);
    const others = openAtEnd(operations);
    const results: unknown[] = [];
    const add = (result: unknown): void => {
      if (!results.some((known) => isDeepStrictEqual(known, result))) results.push(result);
    };
    for (const way of this.#ways(returnsOf(operations)).take(ways)) {
      for (const next of [way, ...this.#onFrom(way, others)]) {
        for (const { result } of this.#specification.step(next.state, call)) add(result);
      }
    }
    return results;
  }

  /** All ways through the returns, no two of which meet. */
  *#ways(returns: readonly Return[]): Generator<Way<State>, undefined> {
    const { initial } = this.#specification;
    const met = new StateTable();
    const todo: Way<State>[] = [
      { at: 0, state: initial, key: this.#keyOf(initial), effective: 0, last: undefined },
    ];
    const isHopeful = this.#specification.foresee?.(this.#operations) ?? (() => true);
    for (let way = todo.pop(); way !== undefined; way = todo.pop()) {
      if (!met.improve(hash(way, 0x811c9dc5), hash(way, 0x01000193), 0)) continue;
      if (met.size > this.#maxWays) {
        throw new RangeError(
          `Cannot decide on the history: there are more than ${this.#maxWays} ways; check a shorter one`,
        );
      }
      const due = returns[way.at];
      if (due === undefined) yield way;
      else if ((way.effective & due.bit) !== 0) {
        todo.push({ ...way, at: way.at + 1, effective: way.effective & ~due.bit });
      } else {
        for (const next of this.#onFrom(way, due.open)) if (isHopeful(next.state)) todo.push(next);
      }
    }
  }

  /** The ways on by one of the operations under way. */
  *#onFrom(way: Way<State>, open: readonly Open[]): Generator<Way<State>, undefined> {
    for (const { operation, bit } of open) {
      if ((way.effective & bit) !== 0) continue;
      for (const { state, result } of this.#specification.step(way.state, operation)) {
        if (!isPending(operation) && !isDeepStrictEqual(result, operation.result)) continue;
        const last = { operation, before: way.last };
        yield { at: way.at, state, key: this.#keyOf(state), effective: way.effective | bit, last };
      }
    }
  }

  #keyOf(state: State): string {
    return this.#specification.key?.(state) ?? JSON.stringify(state) ?? "";
  }
}

/** Half of a number that is equal for ways that meet, and for hardly any others. */
function hash({ at, effective, key }: Way<unknown>, seed: number): number {
  let hashed = mix(mix(seed, at), effective);
  for (let index = 0; index < key.length; index++) {
    hashed = Math.imul(hashed ^ key.charCodeAt(index), 0x5bd1e995);
    hashed ^= hashed >>> 15;
  }
  return mix(hashed, key.length);
}

function openAtEnd(operations: readonly Operation[]): Open[] {
  return operations.filter(isPending).map((operation) => ({ operation, bit: 0 }));
}

/** The returns in the order of time, each with what is under way. A call at the time of a return comes before it. */
function returnsOf(operations: readonly Operation[]): Return[] {
  const calls = operations.toSorted((one, other) => one.start - other.start);
  const open: Open[] = [];
  let bits = 0;
  let called = 0;
  return operations
    .filter((operation) => !isPending(operation))
    .toSorted((one, other) => one.end - other.end)
    .map((operation) => {
      for (; called < calls.length && calls[called]!.start <= operation.end; called++) {
        const bit = ~bits & (bits + 1);
        if (bit >= 2 ** MOST_AT_ONCE || bit <= 0) {
          throw new RangeError(
            `Cannot check the history: more than ${MOST_AT_ONCE} operations are under way at once at ${operation.end}`,
          );
        }
        bits |= bit;
        open.push({ operation: calls[called]!, bit });
      }
      const index = open.findIndex((other) => other.operation === operation);
      const [due] = open.splice(index, 1);
      bits &= ~due!.bit;
      return { ...due!, open: [...open, due!] };
    });
}
