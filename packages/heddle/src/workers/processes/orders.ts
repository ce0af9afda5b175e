/**
 * What a worker process is told when it starts, among its arguments.
 *
 * @packageDocumentation
 */

/** Where it finds the heap that it shares with its owner. */
export const HEAP_DESCRIPTOR = 3;

/** Stands before the orders. */
export const ORDERS = "--heddle-orders";

export interface Orders {
  /** What its owner has run as programs. */
  readonly entries: readonly string[];
  readonly koffi?: string | undefined;
  /** Who has started it, in the heap that both share. */
  readonly owner: number;
  /** Where compiled code is kept, if this process is to see to that itself. */
  readonly cache?: string | undefined;
  readonly data: unknown;
}

/** Orders, and who takes over where a bundle is run. Some processes are told no more than that. */
export type Given = Partial<Orders & { readonly bundledAs: string }>;

/** What this process was told, if it is a worker that nobody has asked that yet. The program does not see it among its arguments. */
export function readOrders(): Given | undefined {
  return process.argv[2] === ORDERS ? (JSON.parse(process.argv.splice(2, 2)[1]!) as Given) : undefined;
}
