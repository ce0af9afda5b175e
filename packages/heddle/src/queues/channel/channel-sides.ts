/**
 * The two sides of a channel: what waits there, by itself or as a case of a choice.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type Alternative, ANSWER, CELL, type Monitor, NONE, WANT } from "../../sync/index.ts";
import { endMove, undoMove } from "../../wire/index.ts";
import { readCell, writeCell } from "../cells/cell-words.ts";
import { CellCoder } from "../cells/cells.ts";
import type { ChannelCore } from "./channel-core.ts";
import { PASSED } from "./channel-words.ts";

/** What a node wants. */
const TO_RECEIVE = 0;
const TO_SEND = 1;

/** The value of the cell at an address. */
export function cellAt(heap: Heap, address: number): CellCoder {
  const cell = new CellCoder(heap);
  readCell(heap, address, cell);
  return cell;
}

/** The side of a channel that values come from. */
export class Receiving<T> implements Alternative<T> {
  readonly object: number;
  readonly operation: string;
  readonly #heap: Heap;
  readonly #core: ChannelCore;
  readonly #finish: (cell: number) => T;

  /** @param finish - Makes what the wait gives: of the cell with the value; of 0, if the channel is closed. */
  constructor(heap: Heap, core: ChannelCore, operation: string, finish: (cell: number) => T) {
    this.object = core.object;
    this.operation = operation;
    this.#heap = heap;
    this.#core = core;
    this.#finish = finish;
  }

  prepare(node: number): void {
    this.#heap.poke(node + WANT, TO_RECEIVE);
  }

  attempt(node: number): boolean {
    return this.#core.tryReceive(node);
  }

  passOver(): void {
    this.#core.passOver();
  }

  stand(node: number): void {
    this.#core.standToReceive(node);
  }

  enlist(node: number): boolean {
    this.prepare(node);
    if (this.attempt(node)) return true;
    this.stand(node);
    return false;
  }

  pump(): boolean {
    return this.#core.pump();
  }

  collect(node: number): T {
    const isPassed = takeAnswer(this.#heap, node) === PASSED;
    return this.#finish(isPassed ? node + CELL : 0);
  }
}

/** The side of a channel that values go to. */
export class Sending<T> implements Alternative<T> {
  readonly object: number;
  readonly operation: string;
  readonly #heap: Heap;
  readonly #core: ChannelCore;
  readonly #cell: CellCoder;
  readonly #finish: (isSent: boolean) => T;
  /** What the values of nodes are to move, by node. */
  #moving: Map<number, readonly ArrayBuffer[]> | undefined = undefined;

  /**
   * @param cell - What is to be sent next. It means nothing once a node has it.
   * @param finish - Makes what the wait gives: sent, or refused as the channel is closed.
   */
  constructor(
    heap: Heap,
    core: ChannelCore,
    operation: string,
    cell: CellCoder,
    finish: (isSent: boolean) => T,
  ) {
    this.object = core.object;
    this.operation = operation;
    this.#heap = heap;
    this.#core = core;
    this.#cell = cell;
    this.#finish = finish;
  }

  prepare(node: number): void {
    this.#heap.poke(node + WANT, TO_SEND);
    writeCell(this.#heap, node + CELL, this.#cell);
    const moving = this.#cell.takeMoving();
    if (moving !== undefined) (this.#moving ??= new Map()).set(node, moving);
    this.#cell.w0 = 0;
  }

  attempt(node: number): boolean {
    return this.#core.trySend(node);
  }

  passOver(): void {
    this.#core.passOver();
  }

  stand(node: number): void {
    this.#core.standToSend(node);
  }

  enlist(node: number): boolean {
    this.prepare(node);
    if (this.attempt(node)) return true;
    this.stand(node);
    return false;
  }

  pump(): boolean {
    return this.#core.pump();
  }

  collect(node: number): T {
    const isSent = takeAnswer(this.#heap, node) === PASSED;
    if (isSent) this.#endMove(node, endMove);
    else this.abandon(node);
    return this.#finish(isSent);
  }

  abandon(node: number): void {
    cellAt(this.#heap, node + CELL).drop();
    this.#endMove(node, undoMove);
  }

  #endMove(node: number, end: (moving: readonly ArrayBuffer[]) => void): void {
    const moving = this.#moving?.get(node);
    if (moving === undefined) return;
    this.#moving!.delete(node);
    end(moving);
  }
}

/** Reads an answer. From then on the value of the node is this thread's to see to, and lost with it. */
function takeAnswer(heap: Heap, node: number): number {
  const answer = heap.peek(node + ANSWER);
  heap.poke(node + ANSWER, NONE);
  return answer;
}

/**
 * What a node of the dead leaves behind: a value that arrived (C5), or one that was not sent. In a section on the channel.
 */
export function reclaim(heap: Heap, monitor: Monitor, core: ChannelCore, node: number): void {
  const hasValue = monitor.read(node + ANSWER) === PASSED ? TO_RECEIVE : TO_SEND;
  if (monitor.read(node + WANT) !== hasValue) return;
  const left = cellAt(heap, node + CELL);
  if (hasValue === TO_RECEIVE && core.giveBack(left)) return;
  monitor.afterwards(() => left.drop());
}
